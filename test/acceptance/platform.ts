import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = new URL('../../', import.meta.url).pathname;
const CLI = join(ROOT, 'bin/causeway.ts');

/** The parking lot as `shared-assembly.mjs` has synthesized it for all acceptance tests of a run; nobody changes it. */
export const PARKING_ASSEMBLY = process.env['PARKING_ASSEMBLY'];

export interface DeviceLogin {
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly publish: string;
  readonly subscribe: string;
}

/** `local.json`, whose keys are a contract. */
export interface LocalFile {
  readonly ready: boolean;
  readonly pid: number;
  readonly mqtt: { readonly url: string };
  readonly mqtts: { readonly url: string; readonly ca: string };
  readonly apis: Readonly<Record<string, { readonly url: string }>>;
  readonly management: { readonly url: string; readonly token: string };
  readonly aws: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  readonly mysql: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  readonly apps: Readonly<
    Record<string, { readonly key: string; readonly secret: string; readonly appCodes: readonly string[] }>
  >;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, { readonly bucket: string; readonly folder: string }>>;
  readonly devices: readonly DeviceLogin[];
}

export interface Platform {
  readonly state: string;
  readonly file: LocalFile;
  readonly portBase: number;
  readonly pid: number;
  /** Everything the process printed so far. */
  output(): string;
  /** Text of every log file of the platform. */
  logs(): string;
  /** SIGINT, as Ctrl-C does; answers the exit code. */
  stop(): Promise<number | null>;
}

export interface PlatformOptions {
  readonly state?: string;
  readonly portBase?: number;
  /**
   * A synthesized assembly to run as it is.
   * @default - with an integration none; else the parking lot's, which is the same for all tests of a run
   */
  readonly assembly?: string;
  /** An integration of ours, or the path of a module: synthesized at the start, as `npm start` does. */
  readonly integration?: string;
  /** Beside the test's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the platform as a user does, in a process of its own, and waits until it says it is ready. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const state = options.state ?? temporaryFolder();
  const portBase = options.portBase ?? (await freePortBase());
  const shared = options.integration === undefined ? PARKING_ASSEMBLY : undefined;
  const given = options.assembly ?? shared;
  const assembly = given === undefined ? [] : ['--assembly', given];
  const integration = options.integration === undefined ? [] : ['--integration', options.integration];
  const child = spawn(
    process.execPath,
    [CLI, 'local', '--state', state, '--port-base', String(portBase), ...assembly, ...integration],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  await untilReady(child, state, () => output);

  return {
    state,
    portBase,
    pid: child.pid as number,
    file: readLocalFile(state),
    output: () => output,
    logs: () => readLogs(state),
    stop: () => stopChild(child),
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `causeway …` and answers what it printed. */
export function causeway(...args: readonly string[]): Promise<Ran> {
  return run(process.execPath, [CLI, ...args]);
}

export function run(
  command: string,
  args: readonly string[],
  input?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...environment } };

  return new Promise((done) => {
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ code, stdout, stderr: error === null ? stderr : `${stderr}${error.message}` });
    });
    if (input !== undefined) {
      child.stdin?.end(input);
    }
  });
}

/** Asks until the answer satisfies, and answers it; the last one seen when time is up, for the test to judge. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfied: (value: T) => boolean,
  withinMs: number,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (satisfied(value) || Date.now() > end) {
      return value;
    }
    await sleep(50);
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'causeway-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Seven ports in a row that nobody listens on, below those the system gives to outgoing connections: a client that keeps trying a port of
 * those while its platform is away may get that very port as its own, and be connected with itself.
 */
export async function freePortBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 1_200) * 10;
    const free = await Promise.all(Array.from({ length: 7 }, (_, offset) => portIsFree(base + offset)));
    if (free.every(Boolean)) {
      return base;
    }
  }
}

export function portIsFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
      .once('error', () => done(false))
      .once('listening', () => server.close(() => done(true)));
    server.listen(port, '127.0.0.1');
  });
}

async function untilReady(child: ChildProcess, state: string, output: () => string): Promise<void> {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new PlatformDidNotStart(output());
    }
    if (existsSync(join(state, 'local.json'))) {
      const { ready, pid } = readLocalFile(state); // one that was killed left its own behind
      if (ready && pid === child.pid) return;
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new PlatformDidNotStart(output());
}

export class PlatformDidNotStart extends Error {}

export function readLocalFile(state: string): LocalFile {
  return JSON.parse(readFileSync(join(state, 'local.json'), 'utf8')) as LocalFile;
}

function readLogs(state: string): string {
  const folder = join(state, 'logs');

  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function stopChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child.exitCode);
  }
  return new Promise((done) => {
    child.once('exit', (code) => done(code));
    child.kill('SIGINT');
  });
}
