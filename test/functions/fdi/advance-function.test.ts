import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ADVANCE_FUNCTION, ADVANCE_FUNCTION_SQL } from '../../../core/fdi/advance-function.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking } from './parking.ts';
import { record, SHARD } from './records.ts';

const lot = parking();
let consumer: Consumer;

beforeEach(() => {
  consumer = new Consumer(HISTORY_TASK, lot.environment);
});

afterEach(async () => {
  await consumer.stop();
  await lot.query(`DROP FUNCTION IF EXISTS ${ADVANCE_FUNCTION}`);
  await lot.query(ADVANCE_FUNCTION_SQL);
  await lot.query('ALTER TABLE causeway.quarantine DROP CONSTRAINT IF EXISTS NoSyntax');
});

const reading = (n: number, status = '0') => record({ n, payload: { deviceId: `S-${n}`, status } });
const bad = (n: number) => record({ n, payload: 'bad' });
const numbers = async (table: string) =>
  (await lot.query(`SELECT Seq AS n FROM ${table} ORDER BY Id`)).map(({ n }) => Number(n));
const stored = async () => ({
  rows: await numbers('ParkingHistory'),
  quarantine: await numbers('causeway.quarantine'),
  counts: (
    await lot.query(
      `SELECT Seq AS seq, Written AS written, Quarantined AS quarantined, Batches AS batches, Bytes > 0 AS bytes
      FROM causeway.position`,
    )
  ).map(({ seq, bytes, ...rest }) => ({ seq: Number(seq), ...rest, bytes: Number(bytes) })),
});
const calls = () => lot.calls.map(({ operation, sql }) => sql.split(/[\s(]/, 3).slice(0, 2).join(' ') || operation);
/** What the database holds of the same function, with another body. */
const otherBody = (body: string) =>
  `${ADVANCE_FUNCTION_SQL.slice(0, ADVANCE_FUNCTION_SQL.indexOf('BEGIN'))} BEGIN ${body} RETURN 1; END`;

async function replaceFunction(sql: string): Promise<void> {
  await lot.query(`DROP FUNCTION ${ADVANCE_FUNCTION}`);
  await lot.query(sql);
}

test.each([
  ['good and bad records', [reading(2), bad(3), reading(4), bad(5)], 'INSERT INTO', [1, 2, 4], [3, 5]],
  ['bad records only', [bad(2), bad(3)], `SELECT ${ADVANCE_FUNCTION}`, [1], [2, 3]],
  ['good records only', [reading(2), reading(3)], 'INSERT INTO', [1, 2, 3], []],
])('a batch of %s is one call, and counted once', async (_, records, call, rows, quarantine) => {
  await consumer.invoke({ records: [reading(1)] });
  lot.calls.length = 0;

  expect(await consumer.invoke({ records })).toBe('');

  expect(calls()).toEqual([call]);
  expect(await stored()).toEqual({
    rows,
    quarantine,
    counts: [{ seq: records.length + 1, written: rows.length, quarantined: quarantine.length, batches: 2, bytes: 1 }],
  });
});

test('a batch of bad records that comes again, whole or in part, is set aside once', async () => {
  await consumer.invoke({ records: [bad(1), bad(2)] });
  await consumer.invoke({ records: [bad(1), bad(2)] });
  await consumer.invoke({ records: [bad(2), bad(3)] });

  expect(await stored()).toMatchObject({
    rows: [],
    quarantine: [1, 2, 3],
    counts: [{ seq: 3, written: 0, quarantined: 3, batches: 2 }],
  });
});

test('a row that the database refuses takes back what the same statement moved and set aside', async () => {
  await lot.query("ALTER TABLE ParkingHistory ADD CONSTRAINT Known CHECK (Status <> '7')");

  expect(await consumer.invoke({ records: [reading(1), bad(2), reading(3, '7'), bad(4), reading(5)] })).toBe('');

  expect(await stored()).toMatchObject({
    rows: [1, 5],
    quarantine: [2, 3, 4],
    counts: [{ seq: 5, written: 2, quarantined: 3 }],
  });
});

test.each([
  ['good records and a bad one', [reading(2), bad(3), reading(4)]],
  ['a bad record', [bad(2)]],
])(
  'where the quarantine refuses, nothing of %s is written or moved; all of it is when it takes them again',
  async (_, records) => {
    await consumer.invoke({ records: [reading(1)] });
    await lot.query("ALTER TABLE causeway.quarantine ADD CONSTRAINT NoSyntax CHECK (Code <> 'syntax')");

    const from = await consumer.invoke({ records });

    const before = records.filter(({ kinesis }) => Number(kinesis.sequenceNumber) < Number(from));
    expect(from).toMatch(/^[23]$/);
    expect(await stored()).toMatchObject({
      rows: [1, ...before.map(({ kinesis }) => Number(kinesis.sequenceNumber))],
      quarantine: [],
      counts: [{ seq: Number(from) - 1, quarantined: 0 }],
    });

    await lot.query('ALTER TABLE causeway.quarantine DROP CONSTRAINT NoSyntax');
    expect(await consumer.invoke({ records })).toBe('');
    expect(await stored()).toMatchObject({
      rows: records.length === 1 ? [1] : [1, 2, 4],
      quarantine: records.length === 1 ? [2] : [3],
    });
  },
);

test('a quarantine that took fewer than it was given is an error of the statement', async () => {
  await consumer.invoke({ records: [bad(1)] });
  const before = await stored();
  const call = (rejected: number, cells: string) =>
    lot.query(
      `SELECT ${ADVANCE_FUNCTION}('ParkingHistory', 1, '${SHARD}', '', LPAD('2', 64, '0'), LPAD('3', 64, '0'), 2, 10, 5, ${rejected}, 'm', '[${cells}]') AS moved`,
    );
  const cells = JSON.stringify(['2'.padStart(64, '0'), 'k', null, null, null, null, 'syntax', 'r', null, 'eA==']);

  await expect(call(2, cells)).rejects.toThrow('not every bad record is in the quarantine');
  expect(await stored()).toEqual(before);
  await expect(call(1, cells)).resolves.toEqual([{ moved: 1 }]);
  expect(await stored()).toMatchObject({ quarantine: [1, 2], counts: [{ written: 1, quarantined: 2, batches: 2 }] });
});

test.each([
  ['is missing', ''],
  ['takes other parameters', `CREATE FUNCTION ${ADVANCE_FUNCTION}(a INT) RETURNS TINYINT RETURN 1`],
  ['is not supported', otherBody("SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 1235;")],
  ['blames the data', otherBody("SIGNAL SQLSTATE '22032' SET MYSQL_ERRNO = 3141;")],
  ['always declines', otherBody("SIGNAL SQLSTATE '45000';")],
])('with a function that %s every record ends where it should, by transactions', async (_, sql) => {
  await replaceFunction(sql === '' ? 'SELECT 1' : sql);

  expect(await consumer.invoke({ records: [reading(1), bad(2), reading(3), reading(4)] })).toBe('');
  expect(await consumer.invoke({ records: [bad(5), reading(6)] })).toBe('');
  expect(await consumer.invoke({ records: [bad(7)] })).toBe('');

  expect(await stored()).toMatchObject({
    rows: [1, 3, 4, 6],
    quarantine: [2, 5, 7],
    counts: [{ seq: 7, written: 4, quarantined: 3 }],
  });
  expect(calls()).toContain('CommitTransaction');
});

test('a batch of several calls is written in its order, whichever of them comes first', async () => {
  await consumer.invoke({ records: [reading(1)] });
  lot.calls.length = 0;
  const records = Array.from({ length: 3000 }, (_, at) => (at % 500 === 7 ? bad(at + 2) : reading(at + 2)));
  const of = (isBad: boolean) =>
    records.flatMap(({ kinesis: { sequenceNumber: n } }) =>
      ((Number(n) - 2) % 500 === 7) === isBad ? [Number(n)] : [],
    );

  expect(await consumer.invoke({ records })).toBe('');

  // One that overtakes another is refused, and sent again in its turn.
  expect(calls().length).toBeGreaterThanOrEqual(3);
  expect(new Set(calls())).toEqual(new Set(['INSERT INTO']));
  expect(await stored()).toMatchObject({
    rows: [1, ...of(false)],
    quarantine: of(true),
    counts: [{ seq: 3001, written: 2995, quarantined: 6 }],
  });
});

test('what is sent behind another is written behind that alone, and is part of its batch', async () => {
  await consumer.invoke({ records: [reading(1), reading(2)] });
  const before = await stored();
  const call = (behind: number) =>
    lot.query(
      `SELECT ${ADVANCE_FUNCTION}('ParkingHistory', 1, '${SHARD}', LPAD('${behind}', 64, '0'), LPAD('4', 64, '0'), LPAD('5', 64, '0'), 2, 10, 5, 0, 'm', '') AS moved`,
    );

  await expect(call(1)).rejects.toThrow('overlaps');
  await expect(call(3)).rejects.toThrow('overlaps');
  expect(await stored()).toEqual(before);
  await expect(call(2)).resolves.toEqual([{ moved: 1 }]);
  expect(await stored()).toMatchObject({ counts: [{ seq: 5, written: 4, batches: 1 }] });
});

test('the log says why batches take transactions', async () => {
  await lot.query(`DROP FUNCTION ${ADVANCE_FUNCTION}`);

  await consumer.invoke({ records: [reading(1)] });

  expect(consumer.log().at(-1)).toMatchObject({
    message: 'batch',
    withoutFunction: expect.stringContaining(`FUNCTION ${ADVANCE_FUNCTION} does not exist`),
  });
});
