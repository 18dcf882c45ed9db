import { expect, test } from '@jest/globals';
import { ensureMariadb, type Machine } from '../../../local/mysql/binaries.ts';

const SERVER = '/usr/sbin/mariadbd';
const SCRIPTS = ['/usr/share/mysql/mysql_system_tables.sql', '/usr/share/mysql/mysql_system_tables_data.sql'];

function machine(files: string[], facts: Partial<Machine> = {}) {
  const ran: string[] = [];
  const present = new Set(files);

  return {
    ran,
    present,
    path: '/usr/bin:/bin',
    isRoot: true,
    platform: 'linux' as const,
    exists: (file: string) => present.has(file),
    realPath: (file: string) => file,
    async run(file: string, args: readonly string[]) {
      ran.push([file, ...args].join(' '));
      if (args[0] === 'install') for (const installed of [SERVER, ...SCRIPTS]) present.add(installed);
    },
    ...facts,
  };
}

test('what is there is used, also outside of the path, and nothing is installed', async () => {
  const here = machine([SERVER, ...SCRIPTS]);

  expect(await ensureMariadb(() => undefined, here)).toEqual({ server: SERVER, systemTables: SCRIPTS });
  expect(here.ran).toEqual([]);
});

test('the scripts are found beside the server behind its links, under either name', async () => {
  const share = '/opt/homebrew/Cellar/mariadb/11/share/mysql';
  const scripts = [`${share}/mariadb_system_tables.sql`, `${share}/mariadb_system_tables_data.sql`];
  const here = machine(['/opt/homebrew/bin/mariadbd', ...scripts], {
    realPath: () => '/opt/homebrew/Cellar/mariadb/11/bin/mariadbd',
  });

  expect((await ensureMariadb(() => undefined, here)).systemTables).toEqual(scripts);
});

test('root with apt installs it and says so', async () => {
  const here = machine(['/usr/bin/apt-get']);
  const said: string[] = [];

  expect((await ensureMariadb((message) => said.push(message), here)).server).toBe(SERVER);
  expect(here.ran).toEqual([
    '/usr/bin/apt-get update',
    '/usr/bin/apt-get install -y --no-install-recommends mariadb-server-core',
  ]);
  expect(said).toEqual(['MariaDB is missing: installing mariadb-server-core with apt-get']);
});

test.each([
  [
    'an ordinary user with apt',
    ['/usr/bin/apt-get'],
    { isRoot: false },
    'sudo apt-get install -y --no-install-recommends mariadb-server-core',
  ],
  ['macOS', [], { isRoot: false, platform: 'darwin' as const }, 'brew install mariadb'],
  ['anything else', [], {}, 'Install MariaDB 10.6 or later'],
])('%s is told the one thing to do', async (_, files, facts, message) => {
  await expect(ensureMariadb(() => undefined, machine(files, facts))).rejects.toThrow(message);
});

test('an installation that fails is an error that says how to see why', async () => {
  const here = machine(['/usr/bin/apt-get'], { run: () => Promise.reject(new TypeError('no network')) });

  await expect(ensureMariadb(() => undefined, here)).rejects.toThrow('apt-get could not install mariadb-server-core');
});
