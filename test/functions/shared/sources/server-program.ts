import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where distributions keep PostgreSQL's programs: not in the path, since several versions may be installed. */
const VERSIONS = '/usr/lib/postgresql';

/**
 * A program of a real server that tests run against.
 *
 * @throws Error that names the package: a test without its server must fail, not pass
 */
export function serverProgram(name: string, debianPackage: string): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(VERSIONS, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = folders.map((folder) => join(folder, name)).find(existsSync);
  if (found === undefined) {
    throw new Error(`${name} is missing. To install it: sudo apt-get install --no-install-recommends ${debianPackage}`);
  }

  return found;
}
