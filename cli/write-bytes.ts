import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandFailed } from './errors.ts';

/** Writes what a device sent into a file that others of this machine cannot read. Answers its path. */
export async function writeBytes(cwd: string, name: string, bytes: Uint8Array): Promise<string> {
  const file = resolve(cwd, name);
  try {
    await writeFile(file, bytes, { mode: 0o600 });
  } catch (cause) {
    throw new CommandFailed(`${file} cannot be written: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }

  return file;
}
