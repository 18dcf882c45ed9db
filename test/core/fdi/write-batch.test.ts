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

  return writeBatch({ writer, read: readRecords, replan, pause, random: () => 0.5 }, own, records);
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

  expect(await write([good(2), good(3)])).toEqual({ written: 2, rejected: [], warned: [] });
  expect(ledger.calls).toEqual(['rows']);
  expect(ledger.state).toMatchObject({ rows: ['1', '2', '3'], position: '3'.padStart(64, '0') });
});

test('what is set aside is part of the one statement', async () => {
  const outcome = await write([good(1), bad(2), good(3)]);

  expect(outcome).toMatchObject({ written: 2, rejected: [{ record: bad(2) }] });
  expect(outcome).not.toHaveProperty('unwritten');
  expect(ledger.calls).toEqual(['state', 'open', 'rows']);
  expect(ledger.state).toMatchObject({ rows: ['1', '3'], quarantine: ['2'], position: '3'.padStart(64, '0') });
});

test('a batch of nothing but bad records is one call too, which does not join the rows it has not', async () => {
  expect(await write([bad(1), bad(2)])).toMatchObject({ written: 0, rejected: [{}, {}] });

  expect(ledger.calls).toEqual(['state', 'open', 'alone']);
  expect(ledger.state).toMatchObject({ rows: [], quarantine: ['1', '2'], position: '2'.padStart(64, '0') });
});

test.each([
  ['rows', [good]],
  ['bad records', [bad]],
  ['rows and bad records together', [good, bad]],
])(
  '%s of more than a request are one transaction: begin, lease and position, rows, quarantine, commit',
  async (_, kinds) => {
    // Base64 in the quarantine, text in the table: together more than 1.9 MiB in each case, apart in the last case less.
    const size = kinds.length === 1 ? 500_000 : 200_000;
    const wide = planTask(
      task({ source: { metadata: [...FIELDS.source.metadata, { alias: 'note', type: 'string', path: 'data.note' }] } }),
      [column('id'), { ...column('note', { type: 'mediumtext', length: 16_777_215 }), optional: true }],
    );
    const note = 'x'.repeat(size);
    const records = [1, 2, 3, 4, 5].flatMap((n) =>
      kinds.map((kind, at) => record(n * 2 + at, kind === good ? { id: String(n), note } : { note })),
    );

    await write(records, { plan: wide });

    const calls = ledger.calls.filter((call, at, all) => call !== all[at - 1]);
    expect(calls.slice(2, 5)).toEqual(['begin', 'lease', 'advance']);
    expect(calls.slice(5)).toEqual([...kinds.map((kind) => (kind === good ? 'rows' : 'quarantine')), 'commit']);
    expect(ledger.state.rows.length + ledger.state.quarantine.length).toBe(records.length);
  },
);

test.each([
  ['does not exist', 1305],
  ['takes other parameters', 1318],
  ['may not be executed', 1370],
])('a function that %s is asked for once; every batch takes a transaction', async (what, errno) => {
  ledger.functionFault = engineError(`FUNCTION causeway.advance_2 ${what}`, errno);
  await write([good(1)]);
  ledger.calls.length = 0;

  expect(await write([good(2), bad(3)])).toMatchObject({ written: 1 });
  expect(ledger.calls).toEqual(['begin', 'lease', 'advance', 'rows', 'quarantine', 'commit']);
  expect(ledger.state).toMatchObject({ rows: ['1', '2'], quarantine: ['3'], position: '3'.padStart(64, '0') });
  expect(shard.withoutFunction).toContain(what);
});

const BROKEN: readonly (readonly [string, Error])[] = [
  ['the engine, as a fault of nothing it knows', engineError('not supported yet', 1235)],
  ['the engine, as a fault of the data', engineError('Invalid JSON text in argument 1 to function json_table', 3141)],
  ['the Data API, without a number', Object.assign(new Error('no'), { name: 'DatabaseErrorException' })],
  ['the Data API, as a bad request', Object.assign(new Error('no'), { name: 'BadRequestException' })],
];

test.each(BROKEN)('a function refused by %s stops no shard and sets aside no good row', async (_, error) => {
  const batch = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });

  await fc.assert(
    fc.asyncProperty(batch, async (kinds) => {
      ledger = new Ledger();
      shard = memory();
      ledger.functionFault = error;
      const ids = (isGood: boolean) => kinds.flatMap((kind, at) => (kind === isGood ? [String(at)] : []));

      const outcome = await write(kinds.map((isGood, at) => (isGood ? good(at) : bad(at))));

      expect(outcome).not.toHaveProperty('unwritten');
      expect(ledger.state.rows).toEqual(ids(true));
      expect(ledger.state.quarantine).toEqual(ids(false));
    }),
    { numRuns: 30 },
  );
});

test('a function that blames the data for itself is found out at one row, and not asked again', async () => {
  ledger.functionFault = engineError('Invalid JSON text in argument 1 to function json_table', 3141);
  await write([1, 2, 3, 4, 5, 6, 7, 8].map(good));

  expect(ledger.calls.filter((call) => call === 'rows')).toHaveLength(4 + 4);
  expect(ledger.calls.filter((call) => call === 'begin')).toHaveLength(4);
  ledger.calls.length = 0;
  await write([good(9)]);
  expect(ledger.calls).toEqual(['begin', 'lease', 'advance', 'rows', 'commit']);
});

test('what a transaction meets too says nothing about the function', async () => {
  failing('rows', engineError('The table is full', 1114), engineError('The table is full', 1114));
  await write([good(1)]);
  ledger.calls.length = 0;

  await write([good(1), good(2)]);

  expect(ledger.calls).toEqual(['rows']);
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

  expect(await write([good(1), good(2)])).toEqual({ written: 0, rejected: [], warned: [] });
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

/** How a batch is written. */
const WAYS = [
  ['one statement', undefined],
  ['a transaction', 'no such function'],
] as const;
const BATCH = [good(1), good(2), bad(3)];

test.each(WAYS)(
  'deadlocks of %s are tried again, with a pause that grows and is not the same for all',
  async (way, withoutFunction) => {
    Object.assign(shard, { withoutFunction });
    failing('rows', engineError('Deadlock', 1213), engineError('Deadlock', 1213));

    expect(await write(BATCH)).toMatchObject({ written: 2 });
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
  ['a lost connection', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }), [3, 3]],
  ['a missing right', () => engineError('denied', 1142), [2, 1]],
  ['an unknown error', () => new Error('odd'), [1, 1]],
])('%s ends the batch where it stands, after the attempts that can help', async (_, error, attempts) => {
  for (const [at, [way, withoutFunction]] of WAYS.entries()) {
    Object.assign(shard, { withoutFunction });
    ledger.calls.length = 0;
    failing(way === 'a transaction' ? 'commit' : 'rows', ...Array.from({ length: 9 }, error));

    const { written, unwritten } = await write(BATCH);

    expect([written, unwritten?.sequenceNumber]).toEqual([0, '1']);
    expect(ledger.calls.filter((call) => call === 'rows')).toHaveLength(attempts[at] ?? 0);
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

test('a quarantine that refuses is no fault of a row, and takes the rows and the position of its statement with it', async () => {
  for (const batch of [[bad(1)], [good(1), bad(2), good(3)]]) {
    ledger.fail = (call) => {
      if (call === 'quarantine') {
        throw engineError('Data too long', 1406);
      }
    };
    expect(await write(batch)).toMatchObject({ written: 0, rejected: [], unwritten: { sequenceNumber: '1' } });
    expect(ledger.state).toMatchObject({ rows: [], quarantine: [], position: '' });

    ledger.fail = () => undefined;
    expect(await write(batch)).not.toHaveProperty('unwritten');
    [ledger, shard] = [new Ledger(), memory()];
  }
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
  failing('rows', ...Array.from({ length: 9 }, () => engineError("Unknown column 'id'", 1054)));

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
