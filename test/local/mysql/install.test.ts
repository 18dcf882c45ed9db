import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureMariadb, type MariadbBinaries } from '../../../local/mysql/binaries.ts';
import { mariadbFiles } from '../../../local/mysql/files.ts';
import { installData } from '../../../local/mysql/install.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-install-'));
const cache = join(folder, 'cache');
let binaries: MariadbBinaries;

beforeAll(async () => {
  binaries = await ensureMariadb(() => undefined);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function installed(name: string): Promise<string> {
  const files = mariadbFiles(join(folder, name), 'cluster');
  await installData(binaries, files, cache);

  return files.data;
}

function contents(data: string): Map<string, string> {
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((file) => [file.slice(data.length), readFileSync(file).toString('base64')] as const)
      .sort(),
  );
}

test('the first data folder is made by MariaDB, the next is its copy, byte by byte, with holes where there is nothing', async () => {
  const [first, second] = [await installed('first'), await installed('second')];

  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^mariadb-[0-9a-f]{16}$/)]);
  expect(contents(second).size).toBeGreaterThan(50);
  expect([...contents(second)].filter(([file, bytes]) => contents(first).get(file) !== bytes)).toEqual([]);
  expect(statSync(join(second, 'ib_logfile0')).blocks * 512).toBeLessThan(4 * 1024 * 1024);
  expect(statSync(second).mode & 0o777).toBe(0o700);
}, 60_000);

test('a data folder that is there already stays as it is', async () => {
  const data = await installed('second');
  writeFileSync(join(data, 'ours'), 'kept');
  await installed('second');

  expect(readFileSync(join(data, 'ours'), 'utf8')).toBe('kept');
});

test('where nothing can be kept, each is made anew', async () => {
  writeFileSync(join(folder, 'file'), '');
  const files = mariadbFiles(join(folder, 'third'), 'cluster');
  await installData(binaries, files, join(folder, 'file'));

  expect(readdirSync(files.data)).toContain('mysql');
}, 60_000);
