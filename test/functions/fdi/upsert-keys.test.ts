import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { withConsumer } from './crashes.ts';
import { parking, SPACES_TASK } from './parking.ts';
import { record } from './records.ts';

const lot = parking();

/** What collations ignore, hold for equal or keep apart. */
const PIECES = ['a', 'A', 'á', 'b', 'ß', 'ss', ' ', '\t', '\u00a0', '-', '😀', '😁', '1', '１', 'ı', 'I'];
const keys = fc.array(
  fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 2 }).map((pieces) => pieces.join('')),
  { minLength: 50, maxLength: 50 },
);

const task = (table: string): TopicTask => ({
  ...SPACES_TASK,
  name: table,
  target: { table, write: 'upsert', keys: ['DeviceId'] },
});

test.each(['utf8mb4_unicode_ci', 'utf8mb4_bin', 'utf8mb4_general_ci'])(
  'upserted in one batch or one by one: with a key in %s the table is the same',
  async (collation) => {
    for (const table of ['Together', 'Apart']) {
      await lot.query(`CREATE OR REPLACE TABLE ${table} (DeviceId VARCHAR(64) COLLATE ${collation} NOT NULL PRIMARY KEY,
      Status VARCHAR(16) NOT NULL) CHARACTER SET utf8mb4`);
    }
    const [sample = []] = fc.sample(keys, { numRuns: 1, seed: 20_261_101 });
    const records = sample.map((deviceId, at) => record({ n: at + 1, payload: { deviceId, status: String(at) } }));

    await withConsumer(lot, task('Together'), async (consumer) => {
      expect(await consumer.invoke({ records })).toBe('');
    });
    await withConsumer(lot, task('Apart'), async (consumer) => {
      for (const one of records) {
        expect(await consumer.invoke({ records: [one] })).toBe('');
      }
    });

    const rows = (table: string) => lot.query(`SELECT Status AS s FROM ${table} ORDER BY CAST(Status AS UNSIGNED)`);
    const apart = await rows('Apart');
    expect(await rows('Together')).toEqual(apart);
    expect(apart.length).toBeGreaterThan(10);
  },
  120_000,
);
