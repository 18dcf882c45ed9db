import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file that somebody copies into a bucket's folder is an object once nobody has touched it for so long: S3 shows whole objects only. */
const REST_MS = 1000;
/** What programs and file managers leave beside files is theirs, and what ends so is our own. */
const NOT_DROPPED = /^\.|~$|~\.\d+\.new$/;

/** Whether a name, as it stands in a folder, is one that a person gave. */
export function isDroppedName(name: string): boolean {
  return name !== '' && !NOT_DROPPED.test(name) && !/[/\0]/.test(name);
}

/** A dropped file that is at rest. */
export function isAtRest(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });

  return found?.isFile() === true && Date.now() - found.ctimeMs >= REST_MS;
}

/**
 * The dropped file of a key: its folders may be named as a person writes them, or as the store does.
 *
 * @param written how the store names a part of a key
 */
export function findDropped(folder: string, key: string, written: (part: string) => string): string | undefined {
  const [part = '', ...rest] = key.split('/');
  if (rest.length === 0) {
    const path = join(folder, part);

    return isDroppedName(part) && isAtRest(path) ? path : undefined;
  }
  const names = new Set([written(part), ...(isDroppedName(part) ? [part] : [])]);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && names.has(entry.name)) {
      const found = findDropped(join(folder, entry.name), rest.join('/'), written);
      if (found !== undefined) return found;
    }
  }

  return undefined;
}
