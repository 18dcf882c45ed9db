import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MetadataType, TopicTask } from '../../../core/fdi/topic-task.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking, type Row } from './parking.ts';
import { record } from './records.ts';

const lot = parking();
let consumer: Consumer | undefined;

afterAll(() => consumer?.stop());

/** One column of every kind, the type its field is read as, and values that meet its bounds from both sides. */
const FIELDS: readonly (readonly [
  column: string,
  definition: string,
  type: MetadataType,
  values: fc.Arbitrary<unknown>,
])[] = [
  ['C1', 'VARCHAR(5)', 'string', fc.string({ unit: 'binary', maxLength: 7 })],
  ['C2', 'VARCHAR(5) CHARACTER SET utf8mb3', 'string', fc.string({ unit: 'binary', maxLength: 6 })],
  ['C3', 'VARCHAR(5) CHARACTER SET ascii', 'string', fc.string({ unit: 'grapheme', maxLength: 6 })],
  ['C4', 'TINYTEXT', 'string', fc.string({ unit: 'binary', maxLength: 150, size: 'max' })],
  ['C5', 'VARBINARY(6)', 'string', fc.string({ unit: 'binary', maxLength: 6 })],
  ['C6', "ENUM('a','b','it''s')", 'string', fc.constantFrom('a', 'b', 'B', "it's", '', 'c')],
  ['C7', 'TINYINT', 'integer', fc.integer({ min: -200, max: 200 })],
  ['C8', 'TINYINT UNSIGNED', 'integer', fc.integer({ min: -20, max: 300 })],
  ['C9', 'BIGINT', 'string', fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String)],
  ['C10', 'DECIMAL(6,3)', 'number', fc.double({ min: -1100, max: 1100, noNaN: true })],
  ['C11', 'FLOAT', 'number', fc.double({ noNaN: true, noDefaultInfinity: true })],
  ['C12', 'DOUBLE', 'number', fc.double({ noNaN: true, noDefaultInfinity: true })],
  ['C13', 'DATETIME(3)', 'datetime', fc.integer({ min: -62_000_000_000_000, max: 260_000_000_000_000 })],
  ['C14', 'TIMESTAMP', 'datetime', fc.integer({ min: -100_000, max: 2_200_000_000_000 })],
  ['C15', 'DATE', 'datetime', fc.constantFrom('2026-02-28', '2026-02-29', '0999-12-31', '9999-12-31', '20240229', 'x')],
  ['C16', 'TIME(2)', 'string', fc.constantFrom('00:00', '23:59:59.999', '24:00', '7:30', '12:30:15')],
  ['C17', 'YEAR', 'integer', fc.integer({ min: 1899, max: 2157 })],
  ['C18', 'JSON', 'json', fc.jsonValue({ depthSize: 'small' })],
  ['C19', 'BOOLEAN', 'boolean', fc.constantFrom(true, false, 'true', 0, 1, 2)],
];

const task: TopicTask = {
  ...HISTORY_TASK,
  name: 'Checks',
  source: {
    ...HISTORY_TASK.source,
    metadata: FIELDS.map(([alias, , type]) => ({ alias, type, path: `data.${alias}` })),
  },
  target: { table: 'Checks', write: 'insert', keys: [], sequenceColumn: 'Seq' },
};
const CHECKED = ['syntax', 'type', 'length', 'range', 'enumeration', 'characters'];

test('what the checks let pass the database takes, and what it would refuse they find first', async () => {
  const columns = FIELDS.map(([name, definition]) => `${name} ${definition} NULL`).join(', ');
  await lot.query(
    `CREATE OR REPLACE TABLE Checks (Seq CHAR(64) CHARACTER SET ascii NOT NULL, ${columns}) COLLATE utf8mb4_bin`,
  );
  consumer = new Consumer(task, lot.environment);
  // One field a message: else hardly any message would pass.
  const fields = fc.constantFrom(...FIELDS).chain(([name, , , values]) => values.map((value) => ({ [name]: value })));
  const messages = fc.sample(fields, { numRuns: 2000, seed: 20_261_101 });

  expect(await consumer.invoke({ records: messages.map((payload, at) => record({ n: at + 1, payload })) })).toBe('');

  const rows = await lot.query('SELECT * FROM Checks ORDER BY Seq');
  const rejected = await lot.query('SELECT Code AS code FROM causeway.quarantine');
  expect(rows.length + rejected.length).toBe(2000);
  expect(rejected.filter(({ code }) => !CHECKED.includes(String(code)))).toEqual([]);
  expect(rejected.length).toBeGreaterThan(200);
  expect(rows.length).toBeGreaterThan(1000);
  for (const row of rows) {
    const sent = messages[Number(row['Seq']) - 1] as Record<string, unknown>;
    expect([sent, storedValue(row, sent)]).toEqual([sent, expect.anything()]);
  }
}, 60_000);

/** What the row holds for its message's one field; for texts and whole numbers it must be what was sent. */
function storedValue(row: Row, sent: Record<string, unknown>): unknown {
  const [[name = '', value] = []] = Object.entries(sent);
  const stored = row[name] ?? (value === null ? 'null' : undefined);
  const exact = ['C1', 'C2', 'C3', 'C4', 'C6', 'C7', 'C8', 'C17'].includes(name);

  return exact && String(stored) !== String(value) ? undefined : stored;
}
