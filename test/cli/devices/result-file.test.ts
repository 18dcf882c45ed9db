import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type LineResult, openResultFile } from '../../../cli/devices/result-file.ts';

const REGISTERED: LineResult = {
  line: 2,
  product: 'ParkingSensor',
  device: 'S-1',
  outcome: 'registered',
  clientId: 'd1',
  username: 'd1',
  password: 'a,"b',
  publish: 'p/out/S-1',
  subscribe: 'p/in/S-1',
};
const SENT: LineResult = { line: 3, product: 'ParkingSensor', device: 'S-2', outcome: 'sent', password: 'P' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-results-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['out.csv', 'out.jsonl'])(
  'what was finished in %s is known to the next run, and only its owner may read it',
  async (name) => {
    const file = join(folder, name);
    const first = await openResultFile(file);
    await first.finish([REGISTERED, SENT]);
    await first.close();

    const second = await openResultFile(file);
    await second.close();

    expect([...second.known.values()]).toEqual([REGISTERED, SENT]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.lock`)).toBe(false);
  },
);

test('what was appended survives a kill, the last word on a device counts, and half a line does not', async () => {
  const file = join(folder, 'out.csv');
  const killed = await openResultFile(file);
  await killed.append([{ ...REGISTERED, outcome: 'sent' }, SENT]);
  await killed.append([REGISTERED]);
  appendFileSync(`${file}.partial`, '{"line":4,"product":"ParkingSen');
  rmSync(`${file}.lock`);

  const next = await openResultFile(file);
  await next.append([{ ...SENT, line: 5, device: 'S-3' }]);
  await next.close();
  const last = await openResultFile(file);
  await last.close();

  expect([...next.known.values()]).toEqual([REGISTERED, SENT]);
  expect([...last.known.keys()]).toEqual(['S-1', 'S-2', 'S-3']);
  expect(statSync(`${file}.partial`).mode & 0o777).toBe(0o600);
});

test('a finished file takes the place of what was appended', async () => {
  const file = join(folder, 'out.jsonl');
  const results = await openResultFile(file);
  await results.append([SENT]);
  await results.finish([REGISTERED]);
  await results.close();

  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(REGISTERED)}\n`);
  expect(existsSync(`${file}.partial`)).toBe(false);
});

test('two jobs do not share a result file, and the lock of one that was killed is taken over', async () => {
  const file = join(folder, 'out.csv');
  const running = await openResultFile(file);

  await expect(openResultFile(file)).rejects.toThrow(`Process ${process.pid} works on these results`);
  await running.close();

  symlinkSync('999999999', `${file}.lock`);
  await (await openResultFile(file)).close();
});

test.each([
  ['out.csv', 'device,name\nS-1,x\n'],
  ['out.jsonl', '{"some":"thing"}\n{"else":1}\n'],
])('%s with something else in it is not written over', async (name, content) => {
  const file = join(folder, name);
  writeFileSync(file, content);

  await expect(openResultFile(file)).rejects.toThrow('holds no results of this command');
  expect(readFileSync(file, 'utf8')).toBe(content);
  expect(existsSync(`${file}.lock`)).toBe(false);
});
