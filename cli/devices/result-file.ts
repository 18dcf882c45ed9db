import { existsSync, readFileSync } from 'node:fs';
import { open, readlink, rename, rm, symlink } from 'node:fs/promises';
import { CommandFailed } from '../errors.ts';
import { csvLine, parseCsv } from './csv.ts';

/** What is known of one line of a file of devices. */
export interface LineResult {
  /** Of the file of devices, from 1. */
  readonly line: number;
  readonly product: string;
  /** The physical id; empty for a line without one. */
  readonly device: string;
  /** `sent`: it may be registered or not; `waiting`: it was not sent yet. */
  readonly outcome: 'registered' | 'refused' | 'sent' | 'waiting';
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  readonly publish?: string;
  readonly subscribe?: string;
  readonly code?: string;
  readonly error?: string;
}

/**
 * The results of a bulk registration. While it runs they are appended to `<file>.partial` and are on disk before the next step: a password is
 * written down before the platform hears of it, so whatever ends the job, no device is registered whose password nobody knows. At the end
 * `<file>` itself is written, one record for each line, and replaces what was there at once.
 */
export interface ResultFile {
  /** By physical id, of earlier runs. */
  readonly known: ReadonlyMap<string, LineResult>;
  /** Resolves when these are on disk. */
  append(results: readonly LineResult[]): Promise<void>;
  /** Writes the results in their final form. */
  finish(results: readonly LineResult[]): Promise<void>;
  /** Lets go of it; what was appended stays. */
  close(): Promise<void>;
}

const COLUMNS = [
  'line',
  'product',
  'device',
  'outcome',
  'clientId',
  'username',
  'password',
  'publish',
  'subscribe',
  'code',
  'error',
] as const satisfies readonly (keyof LineResult)[];
/** Passwords are in it. */
const MODE = 0o600;

/** @throws CommandFailed when another job works on it, or it holds something else */
export async function openResultFile(file: string): Promise<ResultFile> {
  const partial = `${file}.partial`;
  const lock = await takeLock(`${file}.lock`);
  try {
    const earlier = [...(existsSync(file) ? read(file) : []), ...(existsSync(partial) ? readLines(partial) : [])];
    const handle = await open(partial, 'a', MODE);
    // A line that was cut off by a kill must not run into the next one.
    await handle.appendFile('\n');
    const close = async () => {
      await handle.close();
      await rm(lock, { force: true });
    };

    return {
      known: new Map(earlier.filter(({ device }) => device !== '').map((result) => [result.device, result])),
      async append(results) {
        await handle.appendFile(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
        await handle.datasync();
      },
      async finish(results) {
        await replace(file, render(file, results));
        await rm(partial, { force: true });
      },
      close,
    };
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

function render(file: string, results: readonly LineResult[]): string {
  return isCsv(file)
    ? [csvLine(COLUMNS), ...results.map((result) => csvLine(COLUMNS.map((column) => result[column])))].join('')
    : results.map((result) => `${JSON.stringify(result)}\n`).join('');
}

function read(file: string): LineResult[] {
  if (!isCsv(file)) {
    return readLines(file);
  }
  const [heading, ...records] = parseCsv(readFileSync(file, 'utf8'));
  if (heading?.cells.join() !== COLUMNS.join()) {
    throw foreign(file);
  }

  return records.map(({ cells }) => {
    const values = Object.fromEntries(COLUMNS.flatMap((column, i) => (cells[i] ? [[column, cells[i]]] : [])));

    return { device: '', ...values, line: Number(values['line']) } as unknown as LineResult;
  });
}

/** The last line of a file that a kill cut off may be half a line: it is left out, the step behind it had not begun. */
function readLines(file: string): LineResult[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

  return lines.flatMap((line, index) => {
    try {
      const result = JSON.parse(line) as Partial<LineResult>;
      if (typeof result.device === 'string' && typeof result.outcome === 'string') {
        return [result as LineResult];
      }
    } catch {
      if (file.endsWith('.partial') || index === lines.length - 1) return [];
    }
    throw foreign(file);
  });
}

function foreign(file: string): CommandFailed {
  return new CommandFailed(`${file} holds no results of this command: name another file with --results, or move it.`);
}

function isCsv(file: string): boolean {
  return file.toLowerCase().endsWith('.csv');
}

/** Whoever looks sees the old file or the new one, whole. */
async function replace(file: string, content: string): Promise<void> {
  const next = `${file}.next`;
  await rm(next, { force: true });
  const handle = await open(next, 'w', MODE);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}

/**
 * Two jobs with one result file would write over each other's passwords. A link, since it is there with its content or not at all; one that a
 * killed job left is taken over.
 */
async function takeLock(file: string): Promise<string> {
  for (;;) {
    try {
      await symlink(String(process.pid), file);
      return file;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new CommandFailed(`${file} cannot be written: ${message}`, { cause });
      }
      const pid = Number(await readlink(file));
      if (isRunning(pid)) {
        throw new CommandFailed(`Process ${pid} works on these results; should it not, delete ${file}.`, { cause });
      }
      await rm(file, { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
