import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandFailed } from './errors.ts';

const STDIN = '-';

/** The bytes of a file, or of standard input for `-`. @throws CommandFailed */
export async function contentOf(cwd: string, file: string): Promise<Buffer> {
  try {
    return file === STDIN ? Buffer.concat(await process.stdin.toArray()) : await readFile(resolve(cwd, file));
  } catch (cause) {
    throw new CommandFailed(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
