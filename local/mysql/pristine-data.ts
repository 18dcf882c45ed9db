import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MariadbBinaries } from './binaries.ts';

/** Where tools keep what they can make again; `npm ci` empties it. */
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/causeway');
const PIECE_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

/**
 * Data folders as this machine's MariaDB makes them, before anything is in them. All of a version are the same, and a copy takes a seventh of
 * the time: of 109 MB all but 2 are zeros, which stay holes. A folder that cannot be written costs only the time.
 */
interface PristineData {
  /** Answers whether there was one. */
  copyTo(folder: string): Promise<boolean>;
  keep(folder: string): Promise<void>;
}

export async function pristineData(binaries: MariadbBinaries, cache: string = FOLDER): Promise<PristineData> {
  const kept = join(cache, `mariadb-${await fingerprint(binaries)}`);

  return {
    async copyTo(folder) {
      try {
        await copy(kept, folder);

        return true;
      } catch {
        await rm(folder, { recursive: true, force: true });

        return false;
      }
    },
    async keep(folder) {
      const draft = `${kept}.${process.pid}.${performance.now()}`;
      try {
        await copy(folder, draft);
        // Complete or not there. Another process may have been quicker.
        await rename(draft, kept);
      } catch {
        await rm(draft, { recursive: true, force: true }).catch(() => undefined);
      }
    },
  };
}

/** Of the programs and scripts a data folder is made with: another version makes another one. */
async function fingerprint({ server, systemTables }: MariadbBinaries): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [server, ...systemTables]) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }

  return hash.digest('hex').slice(0, 16);
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? copy(source, target) : copyFile(source, target));
  }
}

/** On the disk when it returns, as an installation by MariaDB itself is. */
async function copyFile(from: string, to: string): Promise<void> {
  await using source = await open(from, 'r');
  await using target = await open(to, 'wx', 0o600);
  const { size } = await source.stat();
  await target.truncate(size);
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let position = 0; position < size; ) {
    const { bytesRead } = await source.read(piece, 0, PIECE_BYTES, position);
    if (bytesRead === 0) break;
    if (piece.compare(ZEROS, 0, bytesRead, 0, bytesRead) !== 0) await target.write(piece, 0, bytesRead, position);
    position += bytesRead;
  }
  await target.sync();
}
