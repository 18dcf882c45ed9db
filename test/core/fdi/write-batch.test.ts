import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planTask } from '../../../core/fdi/plan.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { shardWriter } from '../../../core/fdi/shard-writer.ts';
import { type BatchOutcome, writeBatch } from '../../../core/fdi/write-batch.ts';
import { engineError, Ledger, memory } from './ledger.ts';
import { record } from './stream-records.ts';
import { column, task } from './tasks.ts';

const FIELDS = { source: { metadata: [{ alias: 'id', type: 'string' as const, path: 'data.id' }] } };
const plan = planTask(task(FIELDS), [column('id')]);

let ledger: Ledger;
let shard: ReturnType<typeof memory>;
let pauses: number[];

beforeEach(() => {
  ledger = new Ledger();
  shard = memory();
  pauses = [];
});

interface Setting {
  readonly plan?: typeof plan;
  readonly replan?: () => Promise<typeof plan | undefined>;
  readonly pause?: (ms: number) => Promise<void>;
}

const good = (n: number) => record(n, { id: String(n) });
const bad = (n: number) => record(n, {});

function write(records: readonly ReturnType<typeof record>[], setting: Setting = {}): Promise<BatchOutcome> {
  const { plan: own = plan, replan = async () => undefined, pause = async (ms) => void pauses.push(ms) } = setting;
  const writer = shardWriter(ledger, shard, 'batch');

  return writeBatch({ writer, replan, pause, random: () => 0.5 }, own, records, readRecords(records, own.read));
}

/** Throws these errors, one a call, then no more. */
function failing(call: string, ...errors: Error[]): void {
  ledger.fail = (name) => {
    const error = name === call ? errors.shift() : undefined;
    if (error !== undefined) {
      throw error;
    }
  };
}

test('rows and position are written in one statement, and nothing else is called', async () => {
  await write([good(1)]);
  ledger.calls.length = 0;

  expect(await write([good(2), good(3)])).toEqual({ written: 2, rejected: [] });
  expect(ledger.calls).toEqual(['rows']);
  expect(ledger.state).toMatchObject({ rows: ['1', '2', '3'], position: '3'.padStart(64, '0') });
});

test('with rows to set aside it is one transaction: begin, lease and position, rows, quarantine, commit', async () => {
  const outcome = await write([good(1), bad(2), good(3)]);

  expect(outcome).toMatchObject({ written: 2, rejected: [{ record: bad(2) }] });
  expect(outcome).not.toHaveProperty('unwritten');
  expect(ledger.calls).toEqual(['state', 'open', 'begin', 'lease', 'advance', 'rows', 'quarantine', 'commit']);
  expect(ledger.state).toMatchObject({ rows: ['1', '3'], quarantine: ['2'], position: '3'.padStart(64, '0') });
});

test('a database without the function is asked for it once; every batch takes a transaction', async () => {
  ledger.hasFunction = false;
  await write([good(1)]);
  ledger.calls.length = 0;

  expect(await write([good(2)])).toEqual({ written: 1, rejected: [] });
  expect(ledger.calls).toEqual(['begin', 'lease', 'advance', 'rows', 'commit']);
  expect(ledger.state).toMatchObject({ rows: ['1', '2'], position: '2'.padStart(64, '0') });
});

test('the transaction of a killed predecessor is rolled back first', async () => {
  ledger.state.lease = 'theirs';
  await write([good(1)]);

  expect(ledger.calls.indexOf('rollback theirs')).toBeGreaterThan(-1);
  expect(ledger.calls.indexOf('rollback theirs')).toBeLessThan(ledger.calls.indexOf('rows'));
});

test('a batch that is written already is committed without a row', async () => {
  await write([good(1), good(2)]);
  ledger.calls.length = 0;

  expect(await write([good(1), good(2)])).toEqual({ written: 0, rejected: [] });
  expect(ledger.calls).toEqual(['rows', 'begin', 'lease', 'advance', 'position', 'commit']);
});

test('whatever the boundaries, every record is written once and in order', async () => {
  const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 10 })), {
    minLength: 1,
    maxLength: 12,
  });

  await fc.assert(
    fc.asyncProperty(batches, async (list) => {
      ledger = new Ledger();
      shard = memory();
      let end = 0;
      let written = 0;
      for (const [from, size] of list) {
        const first = Math.min(from, end + 1);
        const records = Array.from({ length: size + 1 }, (_, at) => good(first + at));
        written += (await write(records)).written;
        end = Math.max(end, first + size);
      }
      expect(ledger.state.rows).toEqual(Array.from({ length: end }, (_, at) => String(at + 1)));
      expect(written).toBe(end);
    }),
  );
});

/** A batch that is one statement, and one that is a transaction. */
const WAYS = [
  ['one statement', [good(1), good(2)]],
  ['a transaction', [good(1), good(2), bad(3)]],
] as const;

test.each(WAYS)(
  'deadlocks of %s are tried again, with a pause that grows and is not the same for all',
  async (way, batch) => {
    failing('rows', engineError('Deadlock', 1213), engineError('Deadlock', 1213));

    expect(await write(batch)).toMatchObject({ written: 2 });
    expect(pauses).toEqual([10, 30]);
    expect(ledger.calls.filter((call) => call.startsWith('rollback'))).toEqual(
      way === 'a transaction' ? ['rollback t1', 'rollback t2'] : [],
    );
  },
);

test('a position that another holds is freed by rolling back the transaction that is noted', async () => {
  await write([good(1)]);
  ledger.state.lease = 'theirs';
  ledger.calls.length = 0;
  failing('rows', engineError('Lock wait timeout exceeded', 1205));

  expect(await write([good(2)])).toMatchObject({ written: 1 });
  expect(ledger.calls.filter((call) => call === 'state')).toHaveLength(1);
});

test('a position that was removed is made again', async () => {
  await write([good(1)]);
  ledger.state.position = undefined;

  expect(await write([good(2)])).toMatchObject({ written: 1 });
  expect(ledger.calls.filter((call) => call === 'open')).toHaveLength(2);
});

test.each([
  ['a lost connection', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 3],
  ['a missing right', () => engineError('denied', 1142), 1],
  ['an unknown error', () => new Error('odd'), 1],
])('%s ends the batch where it stands, after the attempts that can help', async (_, error, attempts) => {
  for (const [way, batch] of WAYS) {
    ledger.calls.length = 0;
    failing(way === 'a transaction' ? 'commit' : 'rows', ...Array.from({ length: 9 }, error));

    const { written, unwritten } = await write(batch);

    expect([written, unwritten?.sequenceNumber]).toEqual([0, '1']);
    expect(ledger.calls.filter((call) => call === 'rows')).toHaveLength(attempts);
    expect(ledger.state.rows).toEqual([]);
  }
});

test('what was written although its answer was lost is not written again', async () => {
  await write([good(1)]);
  const { execute } = ledger;
  let lost = false;
  ledger.execute = async (...call) => {
    const answer = await execute.apply(ledger, call);
    if (!lost) {
      lost = true;
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    }
    return answer;
  };

  expect(await write([good(2)])).not.toHaveProperty('unwritten');
  expect(ledger.state.rows).toEqual(['1', '2']);
});

test('when the time is over while it waits, the batch ends there', async () => {
  failing('rows', engineError('Deadlock', 1213));
  const late = Object.assign(new Error('less than 5 s remain'), { name: 'OutOfTime' });

  const { unwritten } = await write([good(1)], { pause: () => Promise.reject(late) });

  expect(unwritten).toMatchObject({ sequenceNumber: '1', cause: late });
});

test('rows that only the database can refuse are found by halving, however many and wherever they are', async () => {
  const batch = fc.array(fc.constantFrom('good', 'bad', 'refused'), { minLength: 1, maxLength: 40 });

  await fc.assert(
    fc.asyncProperty(batch, async (kinds) => {
      ledger = new Ledger();
      shard = memory();
      const refused = kinds.flatMap((kind, at) => (kind === 'refused' ? [String(at)] : []));
      ledger.fail = (call, rows) => {
        if (call === 'rows' && rows.some((id) => refused.includes(id))) {
          throw engineError('Duplicate entry', 1062);
        }
      };
      const records = kinds.map((kind, at) => (kind === 'bad' ? bad(at) : good(at)));
      const { written, rejected } = await write(records);
      const ids = (...wanted: string[]) => kinds.flatMap((kind, at) => (wanted.includes(kind) ? [String(at)] : []));

      expect(ledger.state.rows).toEqual(ids('good'));
      expect(ledger.state.quarantine).toEqual(ids('bad', 'refused'));
      expect([written, rejected.length]).toEqual([ids('good').length, ids('bad', 'refused').length]);
    }),
  );
});

test('a batch too large for the time of one statement is written in smaller ones, a single row waits', async () => {
  const timeout = Object.assign(new Error('Request timed out'), { name: 'StatementTimeoutException' });
  ledger.fail = (call, rows) => {
    if (call === 'rows' && (rows.length > 2 || rows.includes('7'))) {
      throw timeout;
    }
  };

  const { written, rejected, unwritten } = await write([1, 2, 3, 4, 5, 6, 7, 8].map(good));

  expect(ledger.state.rows).toEqual(['1', '2', '3', '4', '5', '6']);
  expect([written, rejected, unwritten?.sequenceNumber]).toEqual([6, [], '7']);
});

test('a quarantine that refuses is no fault of a row', async () => {
  failing('quarantine', ...Array.from({ length: 9 }, () => engineError('Data too long', 1406)));

  expect(await write([bad(1)])).toMatchObject({ written: 0, rejected: [], unwritten: { sequenceNumber: '1' } });
});

test('after the first refusal the table is read again, once, and the batch with its new columns', async () => {
  const narrow = planTask(task(FIELDS), [column('id', { length: 1 })]);
  let plans = 0;
  failing('rows', engineError("Data too long for column 'id'", 1406));

  const outcome = await write([good(1), good(22)], {
    replan: async () => {
      plans += 1;

      return narrow;
    },
  });

  expect([plans, ledger.state.rows, ledger.state.quarantine]).toEqual([1, ['1'], ['22']]);
  expect(outcome).toMatchObject({ written: 1, rejected: [{ outcome: { code: 'length' } }] });
});

test('a column that is gone from a table that has not changed is a fault of the task, not of its rows', async () => {
  failing('rows', engineError("Unknown column 'id'", 1054));

  expect(await write([good(1), good(2)])).toMatchObject({
    written: 0,
    rejected: [],
    unwritten: { sequenceNumber: '1' },
  });
});

test('at-least-once writes without a transaction and counts afterwards', async () => {
  const loose = planTask({ ...task(FIELDS), delivery: 'at-least-once' }, [column('id')]);

  await write([good(1), bad(2)], { plan: loose });

  expect(ledger.calls).toEqual(['state', 'open', 'rows', 'quarantine', 'advance']);
  expect(ledger.state.position).toBe('2'.padStart(64, '0'));
});
