import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bundle, and every file it was made of. */
export interface Built {
  /** Code by entry. */
  readonly code: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
}

/** As it is kept: the files with their sizes and the times they were changed at. */
interface Kept {
  readonly key: string;
  readonly inputs: readonly (readonly [path: string, size: number, changedAt: number])[];
  readonly code: readonly (readonly [entry: string, text: string])[];
}

/** Where tools keep what they can make again; `npm ci` empties it. */
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/causeway');

/**
 * What was bundled by an earlier process, unless something it was made of has changed since; else built, and kept for the next. Bundling takes
 * six seconds of a processor, reading this a tenth of one. A folder that cannot be written costs only the time.
 *
 * @param name one file of the cache each
 * @param key everything beside the files that decides what is built
 */
export function keptBundle(
  name: string,
  key: string,
  build: () => Built,
  folder: string = FOLDER,
): ReadonlyMap<string, string> {
  const file = join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`);
  const kept = read(file);
  if (kept !== undefined && kept.key === key && kept.inputs.every(isUnchanged)) {
    return new Map(kept.code);
  }
  const startedAt = Date.now();
  const { code, inputs } = build();
  const stamped = inputs.filter((path) => existsSync(path)).map((path) => stampOf(path));
  // What was changed meanwhile may be in the bundle or not: it is built again next time.
  if (stamped.every(([, , changedAt]) => changedAt < startedAt)) {
    write(folder, file, { key, inputs: stamped, code: [...code] });
  }

  return code;
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    return undefined;
  }
}

function isUnchanged([path, size, changedAt]: Kept['inputs'][number]): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });

  return stat !== undefined && stat.size === size && stat.mtimeMs === changedAt;
}

function stampOf(path: string): Kept['inputs'][number] {
  const { size, mtimeMs } = statSync(path);

  return [path, size, mtimeMs];
}

/** Complete or not there: other processes write the same file at the same moment. */
function write(folder: string, file: string, kept: Kept): void {
  try {
    mkdirSync(folder, { recursive: true });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(kept));
    renameSync(draft, file);
  } catch {
    // It is made again by the next process.
  }
}
