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
  {
    plan: own = plan,
    ...setting
  }: Partial<Pick<Batch, 'read' | 'replan' | 'pause'>> & { readonly plan?: typeof plan } = {},
): Promise<BatchOutcome> {
  const writer = shardWriter(ledger, shard, 'batch');
  const usual = { read: readRecords, replan: async () => undefined, pause: async () => undefined };

  return writeBatch({ writer, random: () => 0.5, ...usual, ...setting }, own, batch);
}

const all = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));

/** A promise, and what resolves it. */
const signal = () => Promise.withResolvers<void>();

test('the rest of a large batch is read and sent while its first third is written', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  const order: string[] = [];
  const { promise: sentBoth, resolve } = signal();
  ledger.delay = (_, rows) => (rows[0] === '2' ? { back: sentBoth.then(() => void order.push('answered')) } : {});
  const read: typeof readRecords = async (...given) => {
    const entries = await readRecords(...given);
    order.push(`read ${entries.length}`);

    return entries;
  };
  ledger.fail = (name, rows) => {
    order.push(name);
    if (rows[0] !== '2') {
      resolve();
    }
  };

  const outcome = await write(records(2, 2700), { read });

  expect(outcome).toEqual({ written: 2700, rejected: [], warned: [] });
  expect(ledger.calls).toEqual(['rows', 'rows']);
  expect(order).toEqual(['read 900', 'rows', 'read 1800', 'rows', 'answered']);
  expect(ledger.state.rows).toHaveLength(2701);
});

test('three pieces are under way at once, and are written in their order', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  const sizes: number[] = [];
  const { promise: sentAll, resolve } = signal();
  ledger.delay = () => ({ back: sentAll });
  ledger.fail = (_, rows) => {
    sizes.push(rows.length);
    if (sizes.length === 3) {
      resolve();
    }
  };

  expect(await write(records(2, 5000))).toEqual({ written: 5000, rejected: [], warned: [] });

  expect(sizes).toEqual([750, 1750, 2500]);
  expect(ledger.state.rows).toEqual(all(5001));
});

test('of a piece whose answers are lost the pieces behind are counted, and nothing is left to write', async () => {
  await write(records(1, 1));
  const { promise: sentAll, resolve } = signal();
  const execute = ledger.execute.bind(ledger);
  ledger.execute = async (sql, parameters, options) => {
    const answer = await execute(sql, parameters, options);
    const ids = parameters.flatMap(({ name, value }) => (name === 'last' ? Object.values(value) : [])).map(Number);
    if (ids[0] === 3001) {
      resolve();
    }
    if (ids[0] === 451 || options?.transactionId !== undefined) {
      await sentAll;
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    }

    return answer;
  };
  const bad = (batch: readonly ReturnType<typeof record>[]) =>
    batch.map((one) => (one.kinesis.sequenceNumber === '700' ? record(700, {}) : one));

  const outcome = await write(bad(records(2, 3000)));

  expect(outcome).toMatchObject({ written: 2549, rejected: [{ record: record(700, {}) }] });
  expect(outcome).not.toHaveProperty('unwritten');
  expect(ledger.state.rows).toHaveLength(3000);
});

test('once the database has refused something, nothing is sent behind it', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  ledger.fail = (name) => {
    if (name === 'rows') {
      throw engineError('no such table', 1146);
    }
  };

  expect(await write(records(2, 5000))).toMatchObject({ written: 0, unwritten: { sequenceNumber: '2' } });

  expect(ledger.calls.filter((call) => call === 'rows').length).toBeLessThanOrEqual(2);
});

test('pieces that cannot wait for one another are written in turn, and are fewer', async () => {
  const atLeastOnce = planTask(task({ ...FIELDS, delivery: 'at-least-once' }), [column('id')]);
  const sizes: number[] = [];
  ledger.fail = (name, rows) => {
    if (name === 'rows') {
      sizes.push(rows.length);
    }
  };

  await write(records(1, 1999), { plan: atLeastOnce });
  await write(records(2000, 4000), { plan: atLeastOnce });

  expect(sizes).toEqual([1999, 1000, 3000]);
});

test('a batch of less than a thousand records is one call', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;

  await write(records(2, 999));

  expect(ledger.calls).toEqual(['rows']);
});

test('what is sent behind a piece that is not written writes nothing; both are written in their order', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  let deadlocks = 1;
  const { promise: sentBoth, resolve } = signal();
  ledger.delay = (_, rows) => {
    if (rows[0] !== '2') {
      resolve();
    }

    return rows[0] === '2' ? { there: sentBoth } : {};
  };
  ledger.fail = (name, rows) => {
    if (name === 'rows' && rows[0] === '2' && deadlocks > 0) {
      deadlocks -= 1;
      throw engineError('Deadlock found', 1213);
    }
  };

  const outcome = await write(records(2, 1500));

  expect(outcome).toEqual({ written: 1500, rejected: [], warned: [] });
  // The second call was one too many: the first had moved no position.
  expect(ledger.calls).toEqual(['rows', 'rows', 'rows', 'rows']);
  expect(ledger.state.rows).toEqual(all(1501));
});

test('what overtakes the piece before it writes nothing, and is written behind it', async () => {
  await write(records(1, 1));
  ledger.calls.length = 0;
  const { promise: refused, resolve } = signal();
  ledger.delay = (_, rows) => (rows[0] === '2' ? { there: refused } : {});
  const execute = ledger.execute.bind(ledger);
  const errors: unknown[] = [];
  ledger.execute = (...call) =>
    execute(...call).catch((error: unknown) => {
      errors.push(error);
      resolve();
      throw error;
    });

  expect(await write(records(2, 1500))).toEqual({ written: 1500, rejected: [], warned: [] });

  expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('overlaps') })]);
  expect(ledger.calls).toEqual(['rows', 'rows', 'rows']);
  expect(ledger.state.rows).toEqual(all(1501));
});

test('a row that the database refuses, in whatever piece, is found and set aside, and every other is written in its order', async () => {
  for (const [size, refused] of [
    [1500, '300'],
    [1500, '900'],
    [3000, '100'],
    [3000, '1000'],
    [3000, '2900'],
  ] as const) {
    ledger = new Ledger();
    shard = memory();
    await write(records(1, 1));
    ledger.fail = (name, rows) => {
      if (name === 'rows' && rows.includes(refused)) {
        throw engineError('Check constraint violated', 3819);
      }
    };

    expect(await write(records(2, size))).toMatchObject({ written: size - 1, rejected: [{}] });

    expect(ledger.state.rows).toEqual(all(size + 1).filter((id) => id !== refused));
    expect(ledger.state.quarantine).toEqual([refused]);
  }
});

test('a batch that is not written ends when nothing of it is under way any more', async () => {
  await write(records(1, 1));
  const { promise: slow, resolve } = signal();
  const { promise: sentBoth, resolve: sent } = signal();
  ledger.delay = (_, rows) => {
    if (rows[0] !== '2') {
      sent();
    }

    return { there: rows[0] === '2' ? sentBoth : slow };
  };
  ledger.fail = () => {
    throw engineError('no such table', 1146);
  };
  let ended = false;
  const outcome = write(records(2, 1500)).finally(() => {
    ended = true;
  });
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise(setImmediate);
  }

  expect(ended).toBe(false);
  resolve();
  expect(await outcome).toMatchObject({ written: 0, unwritten: { sequenceNumber: '2' } });
});

test('what of a large batch is not written is answered by its first record', async () => {
  await write(records(1, 1));
  ledger.fail = () => {
    if (ledger.state.rows.length > 1) {
      throw engineError('no such table', 1146);
    }
  };

  const outcome = await write(records(2, 2000));

  expect(outcome).toMatchObject({ written: 666, unwritten: { sequenceNumber: '668' } });
  expect(ledger.state.rows).toHaveLength(667);
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
    [666, false],
    [1334, false],
    [666, true],
    [1334, true],
  ]);
});
