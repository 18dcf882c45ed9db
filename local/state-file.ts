import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LocalError } from './errors.ts';

/** A JSON document on disk that is either the old one or the new one, whatever kills the process. */
export interface StateFile<T> {
  /** The document, or the initial one when the file does not exist yet. */
  read(): T;
  /** Resolves when this document, or a later one, is on disk. Calls meanwhile are folded into one write. */
  write(document: T): Promise<void>;
}

export function stateFile<T>(path: string, initial: T): StateFile<T> {
  let latest: T | undefined;
  let waiting: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();

  const flush = async () => {
    await writing.catch(() => undefined);
    waiting = undefined;
    writing = replaceFile(path, JSON.stringify(latest));
    await writing;
  };

  return {
    read() {
      if (!existsSync(path)) return initial;
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as T;
      } catch (cause) {
        const aside = `${path}.unreadable`;
        renameSync(path, aside);
        throw new LocalError(
          `${path} is not readable; it was moved to ${aside}. Start again, with --fresh to begin anew.`,
          {
            cause,
          },
        );
      }
    },
    write(document) {
      latest = document;
      waiting ??= flush();
      return waiting;
    },
  };
}

/** Write aside, sync, rename: rename(2) replaces the file in one step. */
async function replaceFile(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}
