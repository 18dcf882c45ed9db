import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './errors.ts';

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same id; absent where the system does not say. */
  readonly started?: string;
}

export interface StateLock {
  release(): void;
}

/** One runtime per state folder. The lock of a process that died is taken over. Throws `LocalError` when it is held. */
export function lockState(state: string): StateLock {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const path = join(state, 'runtime.lock');
  const holder = readHolder(path);
  if (holder !== undefined && isAlive(holder)) {
    throw new LocalError(
      `${state} is in use by another runtime (process ${holder.pid}); stop that one, or choose another folder with --state`,
    );
  }
  rmSync(path, { force: true });
  writeHolder(path, state);

  return { release: () => rmSync(path, { force: true }) };
}

function writeHolder(path: string, state: string): void {
  const started = startOf(process.pid);
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, JSON.stringify({ pid: process.pid, ...(started === undefined ? {} : { started }) }));
    closeSync(file);
  } catch (cause) {
    throw new LocalError(`${state}: another runtime is just starting there`, { cause });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);

  return started === undefined || now === undefined || now === started;
}

/** Clock ticks from boot to the start of the process: field 22 of proc(5)'s stat, counted after the name's bracket. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');

    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
