import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../../cli/context.ts';
import { type LocalFile, writeLocalFile } from '../../cli/platform/local-file.ts';
import { runCli } from '../../cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line inside this process. */
export async function run(argv: readonly string[], overrides: Partial<CliContext> = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(argv, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    cwd: tmpdir(),
    version: '1.2.3',
    synthesize: () => Promise.reject(new TypeError('nothing is synthesized here')),
    ask: async () => undefined,
    onInterrupt: () => () => undefined,
    exitNow: () => undefined,
    ...overrides,
  });

  return { code, stdout, stderr };
}

export interface FakeRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export type Answer = readonly [status: number, body: unknown];

/** Answers by `GET /path`, without query; a function may look at the request. Everything else is 404 `CAUSEWAY.0404`. */
export type Answers = Readonly<Record<string, Answer | ((request: FakeRequest) => Answer)>>;

export interface FakePlatform {
  readonly state: string;
  readonly url: string;
  readonly requests: FakeRequest[];
  /** Runs a command on this platform. */
  run(...argv: string[]): Promise<Ran>;
  /** Writes `local.json` anew. */
  become(changes: Partial<LocalFile>): void;
  stop(): Promise<void>;
}

const TOKEN = 'the-token';

/** A management API that says what it is told to, and a state folder that points at it. */
export async function fakePlatform(answers: Answers, changes: Partial<LocalFile> = {}): Promise<FakePlatform> {
  const requests: FakeRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const text = Buffer.concat(await incoming.toArray()).toString();
    const request = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body: text === '' ? undefined : parsed(text),
    };
    requests.push(request);
    const known = answers[`${request.method} ${request.url.split('?')[0]}`] ?? notFound(request);
    const [status, body] = typeof known === 'function' ? known(request) : known;
    outgoing.writeHead(status, { 'Content-Type': 'application/json', 'X-Request-Id': 'f'.repeat(32) });
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
  const file: LocalFile = {
    ready: true,
    pid: process.pid,
    mqtt: { url: 'mqtt://127.0.0.1:1' },
    mqtts: { url: 'mqtts://127.0.0.1:2', ca: join(state, 'ca.pem') },
    apis: { Parking: { url: `${url}/Parking` } },
    management: { url, token: TOKEN },
    aws: {
      endpoint: 'http://127.0.0.1:8082',
      region: 'us-east-1',
      accessKeyId: 'AKIALOCAL',
      secretAccessKey: 'of-local',
    },
    console: { url: 'http://127.0.0.1:3' },
    mysql: { host: '127.0.0.1', port: 4, user: 'reader', password: 'p', database: 'integration' },
    apps: {},
    devices: [],
    ...changes,
  };
  writeLocalFile(state, file);

  return {
    state,
    url,
    requests,
    run: (...argv) => run([...argv, '--state', state]),
    become: (more) => writeLocalFile(state, { ...file, ...more }),
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(state, { recursive: true, force: true });
    },
  };
}

export function refused(status: number, error_code: string, error_msg: string): Answer {
  return [status, { error_msg, error_code, request_id: 'a'.repeat(32) }];
}

function notFound({ method, url }: FakeRequest): Answer {
  return refused(404, 'CAUSEWAY.0404', `There is no ${method} ${url}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
