import { expect, test } from '@jest/globals';
import { loadOf } from '../../../core/fdi/load.ts';
import { planTask } from '../../../core/fdi/plan.ts';
import { bareRecord, record } from './stream-records.ts';
import { column, task } from './tasks.ts';

const COLUMNS = [column('deviceId', { type: 'mediumtext', length: 16_777_215 }), column('status')];
const plan = planTask(task(), COLUMNS);
const REQUEST_BYTES = 4 * 1024 * 1024;

test('good records become one parameter, bad ones another', () => {
  const load = loadOf(
    plan,
    [record(1, { deviceId: 'a"', status: '0' }), record(2, 'bad'), bareRecord(3, 'x')].map((one) => plan.read(one)),
  );

  expect(load.rows).toEqual(['[["a\\"","0"]]']);
  expect(load).toMatchObject({ rowCount: 1, rejected: 2, fitsRequest: true });
  const [second, third] = JSON.parse(load.quarantine[0] ?? '') as unknown[][];
  expect(second).toEqual([
    '2'.padStart(64, '0'),
    'device',
    '1970-01-01 00:00:00.002',
    'trace-2',
    'product',
    'device',
    'syntax',
    expect.stringContaining('the payload is not JSON'),
    null,
    Buffer.from('bad').toString('base64'),
    '{"productId":"product","deviceId":"device","clientId":"client-2","eventTime":2,"traceId":"trace-2"}',
  ]);
  expect(third?.slice(2)).toEqual([
    null,
    null,
    null,
    null,
    'envelope',
    'the record is not a JSON object',
    null,
    Buffer.from('x').toString('base64'),
    null,
  ]);
});

test('an upsert sends one row a key, in the order of the keys', () => {
  const upsert = planTask(task({ target: { write: 'upsert', keys: ['deviceId'] } }), COLUMNS);
  const readings = ['b', 'a', 'b'].map((deviceId, at) => record(at, { deviceId, status: String(at) }));

  const { rows, rowCount } = loadOf(
    upsert,
    readings.map((one) => upsert.read(one)),
  );

  expect(rows).toEqual(['[["a","1"],["b","2"]]']);
  expect(rowCount).toBe(2);
});

test.each(['x', '"\\', '字', '\u0001'])(
  'rows of %j that are more than a request holds are cut into several',
  (piece) => {
    const entries = Array.from({ length: 30 }, (_, n) =>
      plan.read(record(n, { deviceId: piece.repeat(100_000), status: String(n) })),
    );
    const { rows } = loadOf(plan, entries);

    expect(rows.length).toBeGreaterThan(1);
    for (const text of rows) {
      expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(REQUEST_BYTES);
    }
    expect(rows.flatMap((text) => JSON.parse(text).map((cells: string[]) => Number(cells[1])))).toEqual(
      entries.map((_, n) => n),
    );
  },
);

test.each(['x', '"\\', '字', '\u0001'])(
  'rows and quarantine of %j go into one request where that is known to hold both',
  (piece) => {
    const entries = Array.from({ length: 20 }, (_, n) =>
      plan.read(record(n, { deviceId: piece.repeat(120_000), ...(n % 3 > 0 && { status: String(n) }) })),
    );
    let count = 1;
    for (; count <= entries.length; count += 1) {
      const { rows, quarantine, fitsRequest } = loadOf(plan, entries.slice(0, count));
      if (!fitsRequest) {
        break;
      }
      expect(Buffer.byteLength(JSON.stringify([...rows, ...quarantine]))).toBeLessThan(REQUEST_BYTES * 0.96);
    }

    expect(count).toBeGreaterThan(2);
    expect(count).toBeLessThan(entries.length);
  },
);

test('what the quarantine keeps beside the bytes is cut to its columns', () => {
  const long = {
    raw: '',
    productId: 'p'.repeat(300),
    deviceId: 'd',
    clientId: 'c',
    eventTime: Date.UTC(12_000, 0, 1),
    traceId: '\ud800'.repeat(200),
  };
  const { quarantine } = loadOf(plan, [plan.read(bareRecord(1, JSON.stringify(long)))]);
  const [cells] = JSON.parse(quarantine[0] ?? '') as string[][];

  expect(cells?.[2]).toBeNull();
  expect(cells?.[3]).toHaveLength(128);
  expect(cells?.[3]?.isWellFormed()).toBe(true);
  expect(cells?.[4]).toHaveLength(256);
});
