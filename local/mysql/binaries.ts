import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalError } from '../errors.ts';

export interface MariadbBinaries {
  readonly server: string;
  /** The scripts that make the system tables, in order. */
  readonly systemTables: readonly string[];
}

/** How this machine is, as far as finding and installing MariaDB goes. */
export interface Machine {
  readonly path: string;
  readonly isRoot: boolean;
  readonly platform: NodeJS.Platform;
  exists(file: string): boolean;
  /** The file behind symbolic links. */
  realPath(file: string): string;
  run(file: string, args: readonly string[]): Promise<unknown>;
}

/** Where distributions put servers, which the path of an ordinary user may not hold. */
const SERVER_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/opt/homebrew/bin', '/usr/local/bin'];
const PACKAGE = 'mariadb-server-core';
const APT = ['-y', '--no-install-recommends', PACKAGE];

/**
 * MariaDB's programs; installed from the system's packages where that needs no question (root and apt).
 * Throws `LocalError` with the one command to run.
 * @param progress tells a person what takes so long
 */
export async function ensureMariadb(
  progress: (message: string) => void,
  machine: Machine = thisMachine(),
): Promise<MariadbBinaries> {
  const found = findMariadb(machine);
  if (found !== undefined) return found;
  const apt = findProgram(machine, 'apt-get');
  if (!machine.isRoot || apt === undefined) throw missing(machine, apt !== undefined);
  progress(`MariaDB is missing: installing ${PACKAGE} with apt-get`);
  try {
    await machine.run(apt, ['update']);
    await machine.run(apt, ['install', ...APT]);
  } catch (cause) {
    throw new LocalError(`apt-get could not install ${PACKAGE}; see why with: apt-get install ${APT.join(' ')}`, {
      cause,
    });
  }
  const installed = findMariadb(machine);
  if (installed === undefined) throw missing(machine, true);

  return installed;
}

function findMariadb(machine: Machine): MariadbBinaries | undefined {
  const server = findProgram(machine, 'mariadbd');
  if (server === undefined) return undefined;
  const share = join(dirname(dirname(machine.realPath(server))), 'share');
  const folders = [join(share, 'mysql'), join(share, 'mariadb'), '/usr/share/mysql', '/usr/share/mariadb'];
  const scripts = ['system_tables.sql', 'system_tables_data.sql'].map((name) =>
    folders.flatMap((folder) => [join(folder, `mariadb_${name}`), join(folder, `mysql_${name}`)]).find(machine.exists),
  );
  const systemTables = scripts.filter((script) => script !== undefined);

  return systemTables.length === scripts.length ? { server, systemTables } : undefined;
}

function findProgram(machine: Machine, name: string): string | undefined {
  const directories = [...machine.path.split(delimiter), ...SERVER_DIRECTORIES];

  return directories.map((directory) => join(directory, name)).find(machine.exists);
}

function missing({ platform }: Machine, hasApt: boolean): LocalError {
  if (hasApt) return new LocalError(`MariaDB is missing. To install it: sudo apt-get install ${APT.join(' ')}`);
  if (platform === 'darwin') return new LocalError('MariaDB is missing. To install it: brew install mariadb');

  return new LocalError(
    'MariaDB is missing. Install MariaDB 10.6 or later (the program mariadbd) with the package manager of this machine.',
  );
}

function thisMachine(): Machine {
  return {
    path: process.env['PATH'] ?? '',
    isRoot: process.getuid?.() === 0,
    platform: process.platform,
    exists: existsSync,
    realPath: realpathSync,
    run: (file, args) =>
      promisify(execFile)(file, [...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        maxBuffer: 16 << 20,
      }),
  };
}
