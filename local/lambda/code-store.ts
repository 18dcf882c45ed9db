import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AwsError, LocalError } from '../errors.ts';
import { LIMITS } from './limits.ts';

export type CodeSource = { readonly directory: string } | { readonly zipFile: string };

/**
 * Keeps a copy of a function's code, as Lambda does: a later synthesis may clear the asset's folder under a running
 * platform, and a function that left the template is needed once more to delete its custom resources.
 * @param home the folder of this function's copies
 * @returns the folder to run
 */
export function storeCode(home: string, source: CodeSource): string {
  if ('directory' in source && !existsSync(source.directory)) return newestCopy(home, source.directory);
  checkSize(source);
  const target = join(home, digest(source));
  if (!existsSync(target)) {
    const aside = `${target}.new`;
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true });
    // Inline code becomes index.js, as on Lambda.
    if ('zipFile' in source) writeFileSync(join(aside, 'index.js'), source.zipFile);
    else cpSync(source.directory, aside, { recursive: true, dereference: true });
    renameSync(aside, target);
  }
  for (const other of copies(home)) {
    if (join(home, other) !== target) rmSync(join(home, other), { recursive: true, force: true });
  }
  return target;
}

/** Throws InvalidParameterValueException, as CreateFunction does. */
function checkSize(source: CodeSource): void {
  if ('zipFile' in source) {
    const bytes = Buffer.byteLength(source.zipFile);
    if (bytes > LIMITS.inlineCodeBytes) {
      throw tooLarge(`ZipFile must have length less than or equal to ${LIMITS.inlineCodeBytes}`);
    }
  } else if (folderBytes(source.directory) > LIMITS.codeBytes) {
    throw tooLarge(`Unzipped size must be smaller than ${LIMITS.codeBytes} bytes`);
  }
}

function tooLarge(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function newestCopy(home: string, missing: string): string {
  const [copy] = copies(home);
  if (copy === undefined) throw new LocalError(`the code folder ${missing} does not exist; synthesize the app again`);

  return join(home, copy);
}

function copies(home: string): readonly string[] {
  return existsSync(home) ? readdirSync(home) : [];
}

function digest(source: CodeSource): string {
  const hash = createHash('sha256');
  if ('zipFile' in source) hash.update(source.zipFile);
  else addFolder(hash, source.directory, '');

  return hash.digest('hex').slice(0, 16);
}

function addFolder(hash: ReturnType<typeof createHash>, root: string, folder: string): void {
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) addFolder(hash, root, path);
    else
      hash
        .update(path)
        .update('\0')
        .update(readFileSync(join(root, path)));
  }
}
