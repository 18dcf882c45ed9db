import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from '@jest/globals';
import { type Document, MongoClient } from 'mongodb';
import { freePort } from '../../../conformance/endpoint.ts';

const run = promisify(execFile);
/** MongoDB's own server is in no package; this one speaks its protocol, with its storage engine, sessions and transactions. */
const VERSION = '0.7.0b3';
const PROGRAMS = join(homedir(), '.cache/causeway/secantusdb', VERSION);
const FETCH_MS = 300_000;
const START_MS = 60_000;

export interface MongoServer {
  readonly port: number;
  readonly process: ChildProcess;
}

/** SecantusDB, by pip, once a machine. Answers its program. */
async function fetchServer(): Promise<string> {
  const program = join(PROGRAMS, 'bin/secantusd-py');
  if (existsSync(join(PROGRAMS, 'complete'))) {
    return program;
  }
  mkdirSync(dirname(PROGRAMS), { recursive: true });
  try {
    // By one process; the others wait until it is complete.
    mkdirSync(PROGRAMS);
  } catch {
    return fetchedByAnother(program);
  }
  try {
    await run('python3', ['-m', 'venv', PROGRAMS], { timeout: FETCH_MS });
    await run(join(PROGRAMS, 'bin/pip'), ['install', '-q', `SecantusDB==${VERSION}`], { timeout: FETCH_MS });
  } catch (cause) {
    rmSync(PROGRAMS, { recursive: true, force: true });
    throw new Error(
      'A server for MongoDB cannot be fetched: it needs python3 with venv and pip, and a way to packages.',
      {
        cause,
      },
    );
  }
  writeFileSync(join(PROGRAMS, 'complete'), '');

  return program;
}

async function fetchedByAnother(program: string): Promise<string> {
  const until = performance.now() + FETCH_MS;
  while (!existsSync(join(PROGRAMS, 'complete'))) {
    if (performance.now() > until || !existsSync(PROGRAMS)) {
      rmSync(PROGRAMS, { recursive: true, force: true });
      throw new Error(`another process did not fetch a server for MongoDB into ${PROGRAMS}: the next one tries again`);
    }
    await sleep(200);
  }

  return program;
}

/** Servers of the calling file's own, at 127.0.0.1, each a replica set of one; ended with it. */
export function privateMongo() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-mongo-'));
  const servers: ChildProcess[] = [];

  afterAll(async () => {
    await Promise.all(servers.map((server) => ended(server)));
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param options of its command line. @param data a folder's name: the same again has the same data */
  async function start(options: readonly string[] = [], data = String(servers.length)): Promise<MongoServer> {
    const program = await fetchServer();
    const port = await freePort();
    const own = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', join(folder, data)];
    const server = spawn(program, [...own, '--log-level', 'ERROR', ...options], { cwd: folder, stdio: 'inherit' });
    servers.push(server);
    await listening(server, port);

    return { port, process: server };
  }

  return { folder, start, end: (server: MongoServer) => ended(server.process, 'SIGTERM') };
}

/** One without a login. */
export function oneMongo() {
  let server: MongoServer;
  let client: MongoClient;

  // Before the server ends: it says goodbye, and would wait for an answer.
  afterAll(() => client?.close());
  const { start } = privateMongo();
  beforeAll(async () => {
    server = await start();
    client = await mongoClient(server.port);
  }, FETCH_MS + START_MS);

  return {
    get port() {
      return server.port;
    },
    get url() {
      return `mongodb://127.0.0.1:${server.port}/shop`;
    },
    /** What another client sees. */
    collection: <Held extends Document = Document>(name: string) => client.db('shop').collection<Held>(name),
    command: (command: Document) => client.db('shop').command(command),
    /** What the server itself does with transactions of processes that died, after a minute. */
    endTransactions: () => client.db('admin').command({ killAllSessions: [] }),
    drop: () => client.db('shop').dropDatabase(),
  };
}

export function mongoClient(port: number, login = ''): Promise<MongoClient> {
  return new MongoClient(`mongodb://${login}127.0.0.1:${port}/?directConnection=true`).connect();
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + START_MS;
  while (!(await canConnect(port))) {
    if (server.exitCode !== null || performance.now() > until) {
      throw new Error(`the server for MongoDB does not start (${server.exitCode})`);
    }
    await sleep(50);
  }
}

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));

  return promise.finally(() => socket.destroy());
}

/** What is told to end keeps its data. */
async function ended(server: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const over = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await over;
  }
}
