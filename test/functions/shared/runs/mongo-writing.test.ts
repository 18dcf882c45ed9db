import { beforeEach, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { Rejection } from '../../../../core/fdi/rejection.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import { runTask } from '../../../../core/fdi/run-loop.ts';
import { checkMongoTarget, type MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import type { MongoSession, OpenMongo } from '../../../../core/fdi/run-mongo-port.ts';
import { mongoTarget } from '../../../../core/fdi/run-mongo-target.ts';
import type { RejectedRecord, SourceField, SourceReader } from '../../../../core/fdi/run-ports.ts';
import { openMongo } from '../../../../functions/shared/runs/run-mongo.ts';
import { open as driverOpen } from '../../../../functions/shared/sources/mongodb-driver.ts';
import { oneMongo, privateMongo } from '../sources/mongo-fixture.ts';

const mongo = oneMongo();
const { start } = privateMongo();

beforeEach(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  await mongo.drop();
});

const opened = (url = mongo.url): OpenMongo => {
  return () => openMongo({ url }, 10_000, async () => ({ open: driverOpen }));
};

type Value = Readonly<Record<string, unknown>>;

/** All of these, in pages of four. */
function readerOf(values: readonly Value[], isRepeated = false): SourceReader {
  const fields = [
    ['Id', 'integer'],
    ['Name', 'string'],
    ['Price', 'number'],
    ['At', 'datetime'],
    ['Doc', 'json'],
    ['Paid', 'boolean'],
  ].map(([name = '', type]) => ({ name, type, path: [name] }) as SourceField);

  return {
    fields: async () => fields.filter(({ name }) => values.some((value) => name in value)),
    begin: async () => 0,
    isOwn: async () => true,
    async read(after) {
      const from = Number(after);
      const records = values.slice(from, from + 4).map((value, at) => ({ value, position: `#${from + at}` }));

      return { records, after: (count) => from + count, isLast: from + 4 >= values.length, bytes: 0, isRepeated };
    },
    markOf: (end) => end,
    faultOf: (error) => ({ kind: 'lasting', message: String(error) }),
    close: async () => undefined,
  };
}

async function attempt(
  values: readonly Value[],
  target: Partial<MongoTarget> = {},
  { open = opened(), rest = {} }: { open?: OpenMongo; rest?: Partial<ScheduledTask> } = {},
) {
  const own: MongoTarget = {
    kind: 'mongodb',
    collection: 'orders',
    write: 'upsert',
    keys: ['_id'],
    objectIds: [],
    ...target,
  };
  checkMongoTarget(own, 'Task: target');
  const mapping = ['_id', 'name', 'price', 'customer.since'].map((column, at) => ({
    ...{ column, from: ['Id', 'Name', 'Price', 'At'][at] ?? '' },
  }));
  const task: ScheduledTask = {
    ...{ name: 'Task', target: own, mapping, overlap: 'skip', after: [], pageSize: 4 },
    source: { kind: 'database', place: 'platform', table: 'rows', timeZone: 'UTC' },
    ...rest,
  };
  const rejected: RejectedRecord[] = [];
  const written = mongoTarget({ task, target: own, open });
  const report = await runTask({
    ...{ reader: readerOf(values), target: written, claim: { id: `run-${performance.now()}` } },
    quarantine: { put: async (_run, _version, records) => void rejected.push(...records) },
    observer: { claimed: async () => undefined, moved: async () => undefined },
    remainingMs: () => 900_000,
    isStopped: async () => false,
    pause: async () => undefined,
    now: () => 0,
  });
  await written.close();

  return { ...report, rejected };
}

const row = (id: number, name: string | null = `row ${id}`): Value => ({
  ...{ Id: id, Name: name, Price: '12.50', At: '2026-11-01 08:30:00' },
});
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => row(from + at));
const documents = () => mongo.collection('orders').find().sort({ _id: 1 }).toArray();
/** As if its minute were over. */
const free = () => mongo.collection('causeway_position').updateMany({}, { $set: { heldUntil: null } });

test('documents are added and changed by key, what others keep there stays, and what is there as it is is not touched', async () => {
  await mongo.collection('orders').insertOne({ _id: 1, name: 'old', theirs: 'x' } as never);
  expect(await attempt([row(1), row(2, null)])).toMatchObject({ counts: { read: 2, written: 2, unchanged: 0 } });

  expect(await attempt([row(1), row(2, 'new'), row(3)])).toMatchObject({
    counts: { read: 3, written: 2, unchanged: 1 },
  });

  expect(await documents()).toEqual([
    { _id: 1, name: 'row 1', theirs: 'x', price: 12.5, customer: { since: new Date('2026-11-01T08:30:00Z') } },
    expect.objectContaining({ _id: 2, name: 'new' }),
    expect.objectContaining({ _id: 3 }),
  ]);
});

test('types are kept, with all digits; ids that are ObjectIds are these', async () => {
  const value = {
    ...{ Id: '9007199254740993', Name: '65f0a1b2c3d4e5f60718293a', Price: '12345678901234567890.10', Paid: true },
    ...{ At: '2026-11-01', Doc: '{"a":[1,2.5,null],"b":{"c":"x"}}' },
  };
  const rest: Partial<ScheduledTask> = {
    mapping: ['Id', 'Price', 'Paid', 'At', 'Doc']
      .map((name) => ({ column: name.toLowerCase(), from: name }))
      .concat([{ column: '_id', from: 'Name' }]),
  };

  await attempt([value], { objectIds: ['_id'] }, { rest });

  const [found] = await mongo.collection('orders').find({}, { promoteValues: false }).toArray();
  expect(BSON.EJSON.serialize(found ?? {}, { relaxed: false })).toEqual({
    _id: { $oid: '65f0a1b2c3d4e5f60718293a' },
    id: { $numberLong: '9007199254740993' },
    price: { $numberDecimal: '12345678901234567890.10' },
    paid: true,
    at: { $date: { $numberLong: String(Date.parse('2026-11-01T00:00:00Z')) } },
    doc: { a: [{ $numberInt: '1' }, { $numberDouble: '2.5' }, null], b: { c: 'x' } },
  });
});

test('with insert what is there stays as it is; without keys all of it is added; delete removes by key', async () => {
  await mongo.collection('orders').insertOne({ _id: 1, name: 'mine' } as never);
  expect((await attempt(rows(1, 4), { write: 'insert' })).counts).toMatchObject({ written: 2, unchanged: 1 });
  expect((await documents()).map(({ name }) => name)).toEqual(['mine', 'row 2', 'row 3']);

  expect((await attempt([row(2), row(9)], { write: 'delete' })).counts).toMatchObject({ written: 1, unchanged: 1 });
  expect((await documents()).map(({ name }) => name)).toEqual(['mine', 'row 3']);

  const mapping = [{ column: 'customer.name', from: 'Name' }];
  await attempt(rows(0, 2), { write: 'insert', keys: [], collection: 'copies' }, { rest: { mapping } });
  expect(
    await mongo
      .collection('copies')
      .find({}, { projection: { _id: 0 } })
      .toArray(),
  ).toEqual([{ customer: { name: 'row 0' } }, { customer: { name: 'row 1' } }]);
});

test('a document that the collection refuses is quarantined by itself, and the others arrive', async () => {
  await mongo.collection('orders').createIndex({ name: 1 }, { unique: true });

  const { counts, rejected, end } = await attempt([row(1), row(2, 'row 1'), row(3), row(4), row(5, 'row 4'), row(6)]);

  expect(end.kind).toBe('succeeded');
  expect(counts).toMatchObject({ read: 6, written: 4, rejected: 2 });
  expect(rejected.map(({ record, rejection }) => [record.position, rejection.code])).toEqual([
    ['#1', 'database'],
    ['#4', 'database'],
  ]);
  expect((await documents()).map(({ _id }) => _id)).toEqual([1, 3, 4, 6]);
});

/** A session that dies before its nth step, as a process that is killed; none after that. */
function dyingAt(step: number, steps: { count: number }): OpenMongo {
  const count = async <Answer>(session: MongoSession, work: () => Promise<Answer>): Promise<Answer> => {
    steps.count += 1;
    if (steps.count === step) await session.close();
    if (steps.count >= step) throw new RangeError('the process was killed');

    return work();
  };

  return async () => {
    const session = await opened()();

    return {
      command: (command, timeMs) => count(session, () => session.command(command, timeMs)),
      begin: () => count(session, () => session.begin()),
      commit: () => count(session, () => session.commit()),
      rollback: () => (steps.count >= step ? Promise.resolve() : session.rollback()),
      close: () => session.close(),
    };
  };
}

test('whatever step a process dies before, every document is there once and the counts are exact', async () => {
  for (let step = 1; ; step += 3) {
    await mongo.drop();
    const steps = { count: 0 };
    const mapping = [
      { column: 'id', from: 'Id' },
      { column: 'name', from: 'Name' },
    ];
    const once: Partial<MongoTarget> = { write: 'insert', keys: [] };
    const died = await attempt(rows(0, 10), once, { open: dyingAt(step, steps), rest: { mapping } });
    if (died.end.kind === 'succeeded') {
      expect(steps.count).toBeGreaterThan(10);
      break;
    }
    await free();

    const { end, counts } = await attempt(rows(0, 10), once, { rest: { mapping } });

    // Who died behind the end of its run left nothing to go on with: a copy per run.
    const ids = (await mongo.collection('orders').find().toArray()).map(({ id }) => Number(id));
    expect([step, end.kind, counts.read]).toEqual([step, 'succeeded', 10]);
    expect([10, 20]).toContain(ids.length);
    expect(new Set(ids).size).toBe(10);
    if (ids.length === 20) expect(died.counts.read).toBe(10);
  }
}, 60_000);

test('one process works on a task; one that lost it writes nothing more', async () => {
  const own: MongoTarget = { kind: 'mongodb', collection: 'orders', write: 'insert', keys: [], objectIds: [] };
  const task = { name: 'Task', target: own, mapping: 'by-name', after: [], source: { timeZone: 'UTC' } };
  const [one, other] = [0, 1].map(() =>
    mongoTarget({ task: task as unknown as ScheduledTask, target: own, open: opened() }),
  );
  if (one === undefined || other === undefined) throw new RangeError('two');
  const plan = await one.plan([{ name: 'Id', type: 'integer', path: ['Id'] }]);
  const document = plan.read({ value: { Id: 1 }, position: '#1' });
  if (document instanceof Rejection) throw new RangeError(document.reason);
  const part = { rows: [document], rejected: 0, checkpoint: 1, bytes: 1, isRepeated: false };
  expect(await one.claim({ id: 'run-1' })).toMatchObject({ kind: 'claimed', isResumed: false, checkpoint: null });
  expect(await other.claim({ id: 'run-2', wait: true })).toEqual({ kind: 'busy', run: 'run-1', isToldToWait: true });
  await one.write(part);
  await free();
  expect(await other.claim({ id: 'run-2' })).toMatchObject({
    run: 'run-1',
    isResumed: true,
    checkpoint: 1,
    counts: { read: 1 },
  });

  await expect(one.write({ ...part, checkpoint: 2 })).rejects.toThrow('another process works on Task');

  expect(await documents()).toHaveLength(1);
  // Told once more, by what was due after `run-1` had begun: it goes on with that first.
  await free();
  expect(await one.claim({ id: 'run-2', due: 'run-1x', wait: true })).toMatchObject({
    run: 'run-1',
    isToldToWait: true,
  });
  await free();
  expect(await other.claim({ id: 'run-1', only: 'this' })).toMatchObject({ run: 'run-1', isResumed: true });
  expect(await one.claim({ id: 'run-2', only: 'awaited' })).toMatchObject({ kind: 'busy', isToldToWait: false });
  expect(await other.finish('mark')).toEqual({ isAwaited: true });
  const ended = { kind: 'ended', run: 'run-1', isAwaited: true, isOwn: true, owesRest: false };
  expect(await other.claim({ id: 'run-1', only: 'this' })).toMatchObject(ended);
  expect(await one.claim({ id: 'run-2', due: 'run-0' })).toMatchObject({ ...ended, isOwn: false });
  expect(await one.claim({ id: 'run-2', only: 'awaited' })).toMatchObject({ run: 'run-2', isResumed: false });
  expect(await one.finish('mark')).toEqual({ isAwaited: false });
  expect(await one.claim({ id: 'run-3', only: 'awaited' })).toMatchObject({ kind: 'ended', run: 'run-2' });
  expect(await one.claim({ id: 'run-3' })).toMatchObject({
    run: 'run-3',
    isResumed: false,
    mark: 'mark',
    counts: { read: 0 },
  });
  await Promise.all([one.close(), other.close()]);
});

test('keys without a unique index, and a server without transactions, are refused with what to do', async () => {
  const { end } = await attempt([row(1)], { keys: ['name'] });
  expect(end).toMatchObject({
    isRefused: true,
    message: expect.stringContaining('db.orders.createIndex({ "name": 1 }, { unique: true })'),
  });
  await mongo.collection('orders').createIndex({ name: 1 }, { unique: true });
  expect((await attempt([row(1)], { keys: ['name'] })).end.kind).toBe('succeeded');
  const { port } = await start(['--standalone']);

  const alone = await attempt([row(1)], {}, { open: opened(`mongodb://127.0.0.1:${port}/shop`) });

  expect(alone.end).toMatchObject({ kind: 'failed', message: expect.stringContaining('a replica set') });
}, 60_000);

test.each<readonly [string, Partial<MongoTarget>]>([
  ['keys', { keys: [] }],
  ['keys', { keys: ['$where'] }],
  ['keys', { keys: ['a..b'] }],
  ['write', { write: 'replace' as 'insert' }],
  ['collection', { collection: '' }],
])('a target with such %s is refused by name: %j', async (setting, target) => {
  await expect(attempt([row(1)], target)).rejects.toThrow(`target.${setting}`);
});

test('a value that looks like an operator is a value', async () => {
  await mongo.collection('orders').insertOne({ _id: 'mine' } as never);
  const mapping = [{ column: '_id', from: 'Doc' }];

  await attempt([{ Doc: '{"$gt":""}' }], { write: 'delete' }, { rest: { mapping } });

  expect(await documents()).toHaveLength(1);
});
