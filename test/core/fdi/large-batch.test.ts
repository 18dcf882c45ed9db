import { beforeEach, expect, test } from '@jest/globals';
import { planTask } from '../../../core/fdi/plan.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { shardWriter } from '../../../core/fdi/shard-writer.ts';
import { type Batch, type BatchOutcome, writeBatch } from '../../../core/fdi/write-batch.ts';
import { engineError, Ledger, memory } from './ledger.ts';
import { record } from './stream-records.ts';
import { column, task } from './tasks.ts';

const FIELDS = { source: { metadata: [{ alias: 'id', type: 'string' as const, path: 'data.id' }] } };
const plan = planTask(task(FIELDS), [column('id')]);

let ledger: Ledger;
let shard: ReturnType<typeof memory>;

beforeEach(() => {
  ledger = new Ledger();
  shard = memory();
});

const records = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => record(from + n, { id: String(from + n) }));

function write(
  batch: readonly ReturnType<typeof record>[],
  { read = readRecords, replan = async () => undefined }: Partial<Pick<Batch, 'read' | 'replan'>> = {},
): Promise<BatchOutcome> {
  const writer = shardWriter(ledger, shard, 'batch');

  return writeBatch({ writer, read, replan, pause: async () => undefined, random: () => 0.5 }, plan, batch);
}

test('the rest of a large batch is read while its first quarter is written', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  const order: string[] = [];
  const read: typeof readRecords = async (...given) => {
    const entries = await readRecords(...given);
    order.push(`read ${entries.length}`);

    return entries;
  };
  ledger.fail = (name) => void order.push(name);

  const outcome = await write(records(2, 4000), { read });

  expect(outcome).toEqual({ written: 4000, rejected: [], warned: [] });
  expect(ledger.calls).toEqual(['rows', 'rows']);
  expect(order).toEqual(['read 1000', 'rows', 'read 3000', 'rows']);
  expect(ledger.state.rows).toHaveLength(4001);
});

test('what of a large batch is not written is answered by its first record', async () => {
  await write(records(1, 1));
  ledger.fail = () => {
    if (ledger.state.rows.length > 1) {
      throw engineError('no such table', 1146);
    }
  };

  const outcome = await write(records(2, 2000));

  expect(outcome).toMatchObject({ written: 500, unwritten: { sequenceNumber: '502' } });
  expect(ledger.state.rows).toHaveLength(501);
});

test('when the table changes between two pieces of a large batch, the second is read with the new plan', async () => {
  await write(records(1, 1));
  const altered = planTask(task(FIELDS), [column('id'), column('added', { optional: true })]);
  let refusals = 2;
  ledger.fail = (name) => {
    if (name === 'rows' && refusals > 0) {
      refusals -= 1;
      throw engineError('Unknown column', 1054);
    }
  };
  const plans: unknown[] = [];
  const read: typeof readRecords = (some, reader) => {
    plans.push([some.length, reader === altered]);

    return readRecords(some, reader);
  };

  const outcome = await write(records(2, 2000), { read, replan: async () => altered });

  expect(outcome).toMatchObject({ written: 2000 });
  expect(plans).toEqual([
    [500, false],
    [1500, false],
    [500, true],
    [1500, true],
  ]);
});
