import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { LocalError } from '../errors.ts';
import type { MariadbBinaries } from './binaries.ts';
import type { MariadbFiles } from './files.ts';
import { asRoot } from './install.ts';
import { stopProcess } from './orphan.ts';

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, by itself or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface ServerSettings {
  readonly port: number;
  /** Of the parameter group. */
  readonly options: readonly string[];
}

const READY_MILLIS = 60_000;
const POLL_MILLIS = 20;

/**
 * Starts mariadbd and resolves when it accepts connections. A session of its own keeps a Ctrl-C in the terminal from
 * reaching it before the runtime has finished with it.
 */
export async function startServer(
  binaries: MariadbBinaries,
  files: MariadbFiles,
  settings: ServerSettings,
): Promise<ServerProcess> {
  await rm(files.socket, { force: true });
  await mkdir(files.exchange, { recursive: true, mode: 0o700 });
  await mkdir(files.temporary, { recursive: true, mode: 0o700 });
  // What it says before it opens its log, and the log, in one file.
  const log = await open(files.errorLog, 'a');
  const before = (await log.stat()).size;
  const child = spawn(binaries.server, serverArguments(files, settings), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await untilReady(child, files, { before, port: settings.port });

  return {
    pid: child.pid as number,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await stopProcess(child.pid as number);
      await ended;
    },
  };
}

/** Everything is said here: no option file of the machine is read. */
function serverArguments(files: MariadbFiles, { port, options }: ServerSettings): string[] {
  return [
    '--no-defaults',
    `--datadir=${files.data}`,
    `--tmpdir=${files.temporary}`,
    `--socket=${files.socket}`,
    `--pid-file=${files.pid}`,
    `--log-error=${files.errorLog}`,
    `--init-file=${files.init}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    '--performance-schema=OFF',
    '--innodb-buffer-pool-size=128M',
    '--innodb-buffer-pool-dump-at-shutdown=OFF',
    '--innodb-buffer-pool-load-at-startup=OFF',
    // Committed means on disk, as in Aurora.
    '--innodb-flush-log-at-trx-commit=1',
    '--max-allowed-packet=64M',
    // No statement reads or writes a file of this machine, not even by the few who may: this folder stays empty.
    `--secure-file-priv=${files.exchange}`,
    '--symbolic-links=OFF',
    ...options,
    ...asRoot(),
  ];
}

async function untilReady(
  child: ChildProcess,
  files: MariadbFiles,
  { before, port }: { before: number; port: number },
): Promise<void> {
  for (let waited = 0; waited < READY_MILLIS; waited += POLL_MILLIS) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw await startError(files, before, port);
    }
    if (await accepts(files.socket)) return;
    await wait(POLL_MILLIS);
  }
  child.kill('SIGKILL');
  throw new LocalError(`MariaDB did not get ready within ${READY_MILLIS / 1000} s; its log: ${files.errorLog}`);
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function startError(files: MariadbFiles, before: number, port: number): Promise<LocalError> {
  const said = await textFrom(files.errorLog, before);
  if (
    /Can't start server: Bind on TCP\/IP port|Do you already have another (mysqld )?server running on port/i.test(said)
  ) {
    return new LocalError(`port ${port} (MySQL) is not free; choose others with --port-base`);
  }
  const lines = said.split('\n').filter((line) => /ERROR|Failed/.test(line));

  return new LocalError(`MariaDB did not start: ${lines.at(0) ?? 'it said nothing'}; its log: ${files.errorLog}`);
}

async function textFrom(file: string, position: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - position));
    await handle.read(buffer, 0, buffer.length, position);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}
