import { Buffer } from 'node:buffer';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { encodeRecord } from '../../../local/stream/record-codec.ts';
import { ShardLog } from '../../../local/stream/shard-log.ts';

const HOUR = 3_600_000;
const ALL = { records: 100_000, bytes: Number.POSITIVE_INFINITY };
const clock = { now: 0 };
let directory: string;
let log: ShardLog;

beforeEach(async () => {
  clock.now = 1_000 * HOUR;
  directory = mkdtempSync(join(tmpdir(), 'causeway-shard-'));
  log = await open();
});

afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

const open = () => ShardLog.open(directory, () => clock.now);
const entry = (text: string) => ({ partitionKey: 'k', data: Buffer.from(text) });
const segments = () => readdirSync(directory).map((name) => join(directory, name));
const texts = async (from = 1, limits = ALL, horizon = 0) =>
  (await log.read(from, limits, horizon)).map((record) => record.data.toString());

async function reopen() {
  await log.close();
  log = await open();
}

test('records are read in the order they were appended, across a restart', async () => {
  await Promise.all(Array.from({ length: 300 }, (_, index) => log.append([entry(`${index}`)])));
  await reopen();
  await log.append([entry('300')]);

  expect(await texts()).toEqual(Array.from({ length: 301 }, (_, index) => `${index}`));
  expect(await texts(200, { records: 3, bytes: 1_000 })).toEqual(['199', '200', '201']);
});

test('appends that wait together are written together, and each gets its own counters', async () => {
  const appended = await Promise.all([
    log.append([entry('a'), entry('b')]),
    log.append([entry('c')]),
    log.append([entry('d')]),
  ]);

  expect(appended.map(({ counter }) => counter)).toEqual([1, 3, 4]);
  expect(log.next).toBe(5);
});

test('a record torn by a crash is cut off, and writing goes on in its place', async () => {
  await log.append([entry('whole')]);
  await log.close();
  const [file] = segments() as [string];
  const whole = readFileSync(file);
  for (let cut = 0; cut < 20; cut++) {
    const torn = encodeRecord({ counter: 2, arrived: clock.now, ...entry('torn') }).subarray(0, cut + 3);
    writeFileSync(file, Buffer.concat([whole, torn]));
    log = await open();

    expect(await texts()).toEqual(['whole']);
    expect(readFileSync(file)).toEqual(whole);
    await log.close();
  }
  log = await open();
  expect((await log.append([entry('next')])).counter).toBe(2);
  expect(await texts()).toEqual(['whole', 'next']);
});

test('a sound record out of place, left by a failed write behind a shorter one, is cut off', async () => {
  await log.append([entry('one')]);
  await log.close();
  appendFileSync((segments() as [string])[0], encodeRecord({ counter: 7, arrived: clock.now, ...entry('stray') }));
  log = await open();

  expect(await texts()).toEqual(['one']);
});

test('a file emptied by a lost write starts again at its own counter', async () => {
  await log.append([entry('one')]);
  await log.close();
  truncateSync((segments() as [string])[0], 5);
  log = await open();

  expect(log.next).toBe(1);
});

test('arrival times never go back, whatever the clock does', async () => {
  await log.append([entry('now')]);
  clock.now -= 5 * HOUR;
  await reopen();

  expect((await log.append([entry('earlier')])).arrived).toBe(1_000 * HOUR);
});

test('a read ends at the byte limit but always brings one record', async () => {
  await log.append([entry('x'.repeat(2_000_000)), entry('y'.repeat(10)), entry('z')]);

  expect((await texts(1, { records: 10, bytes: 1 })).map((text) => text.length)).toEqual([2_000_000]);
  expect(await texts(2, { records: 10, bytes: 11 })).toEqual(['y'.repeat(10)]);
  expect(await texts(2, { records: 10, bytes: 13 })).toEqual(['y'.repeat(10), 'z']);
});

test('a time leads to the first record that arrived then or later', async () => {
  const start = clock.now;
  for (let hour = 0; hour < 6; hour++) {
    clock.now = start + hour * HOUR;
    await log.append(Array.from({ length: 70 }, (_, index) => entry(`${hour}.${index}`)));
  }

  expect(segments().length).toBe(6);
  for (const again of [false, true]) {
    if (again) await reopen();
    expect(await log.counterAt(0)).toBe(1);
    expect(await log.counterAt(start + 2 * HOUR)).toBe(141);
    expect(await log.counterAt(start + 2 * HOUR + 1)).toBe(211);
    expect(await log.counterAt(start + 5 * HOUR)).toBe(351);
    expect(await log.counterAt(start + 5 * HOUR + 1)).toBe(421);
  }
});

test('what retention no longer keeps is not read, and its files go', async () => {
  for (let hour = 0; hour < 4; hour++) {
    await log.append([entry(`${hour}`)]);
    clock.now += HOUR;
  }
  const horizon = clock.now - 2 * HOUR;

  expect(await texts(1, ALL, horizon)).toEqual(['2', '3']);
  await log.trim(horizon);
  expect(segments().length).toBeLessThan(4);
  expect(await texts(1, ALL, horizon)).toEqual(['2', '3']);
  await log.trim(clock.now);
  expect(await texts()).toEqual([]);
  expect(segments().length).toBe(1);
  await reopen();
  expect((await log.append([entry('4')])).counter).toBe(5);
});

test('a record is not read before it is on disk', async () => {
  const appended = log.append([entry('pending')]);

  expect(await texts()).toEqual([]);
  await appended;
  expect(await texts()).toEqual(['pending']);
});
