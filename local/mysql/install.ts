import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { LocalError } from '../errors.ts';
import type { MariadbBinaries } from './binaries.ts';
import type { MariadbFiles } from './files.ts';
import { pristineData } from './pristine-data.ts';

/**
 * Makes the data folder at the first start (about 2 s, 110 MB), or copies one that was made before. It does what mariadb-install-db does, without it: that
 * script needs a program of another package, and fills in help texts and example users nobody asked for.
 */
export async function installData(binaries: MariadbBinaries, files: MariadbFiles, cache?: string): Promise<void> {
  if (existsSync(files.data)) return;
  await rm(files.newData, { recursive: true, force: true });
  await mkdir(files.temporary, { recursive: true, mode: 0o700 });
  const pristine = await pristineData(binaries, cache);
  if (!(await pristine.copyTo(files.newData))) {
    await mkdir(files.newData, { recursive: true, mode: 0o700 });
    await bootstrap(binaries.server, files, await systemTables(binaries));
    await pristine.keep(files.newData);
  }
  await rename(files.newData, files.data);
}

/** A server started by root must be told that it shall run as root. */
export function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** Bootstrap mode takes one statement after another, each ending its line. */
async function systemTables({ systemTables: scripts }: MariadbBinaries): Promise<string> {
  const texts = await Promise.all(scripts.map((file) => readFile(file, 'utf8')));
  // As mariadb-install-db: a second root for the host's own name would have no password.
  const lines = texts
    .join('\n')
    .split('\n')
    .filter((line) => !line.includes('@current_hostname'));

  return [
    'CREATE DATABASE IF NOT EXISTS mysql;',
    'USE mysql;',
    // Nobody logs in as root without being root: not even without a password over TCP.
    'SET @skip_auth_anonymous=1;',
    "SET @auth_root_socket='root';",
    ...lines,
    '',
  ].join('\n');
}

function bootstrap(server: string, { newData, temporary }: MariadbFiles, sql: string): Promise<void> {
  const args = [
    '--no-defaults',
    '--bootstrap',
    `--datadir=${newData}`,
    `--tmpdir=${temporary}`,
    '--log-warnings=0',
    '--enforce-storage-engine=',
    '--max-allowed-packet=8M',
    '--net-buffer-length=16K',
    '--performance-schema=OFF',
    ...asRoot(),
  ];

  return new Promise((resolve, reject) => {
    const child = spawn(server, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.stdin.on('error', () => undefined); // it ended before it read everything: its exit code says so
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      const lines = Buffer.concat(said)
        .toString()
        .split('\n')
        .filter((line) => line.includes('ERROR'));
      reject(new LocalError(`MariaDB could not make its data folder ${newData}: ${lines[0] ?? `exit code ${code}`}`));
    });
    child.stdin.end(sql);
  });
}
