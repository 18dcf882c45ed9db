import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { expireDocumentImages } from '../../../../core/fdi/expire-document-images.ts';
import { listDocumentBatches } from '../../../../core/fdi/list-document-batches.ts';
import { checkMongoTarget, type MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import { oneMongo } from '../../shared/sources/mongo-fixture.ts';
import { undoDocuments, type WrittenBatch, writeBatch } from './document-batches.ts';
import { documentKiller } from './document-killer.ts';
import { mongoAt } from './document-replays.ts';

const mongo = oneMongo();
const { killedAt } = documentKiller(mongo);

beforeEach(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  await mongo.drop();
});

const TARGET: MongoTarget = {
  ...{ kind: 'mongodb', collection: 'orders', write: 'upsert', keys: ['_id'], objectIds: [] },
  ...{ batchNumberField: 'meta.batch', rollbackSeconds: 3600 },
};
const DELETING: MongoTarget = {
  ...{ kind: 'mongodb', collection: 'orders', write: 'delete', keys: ['_id'], objectIds: [], rollbackSeconds: 3600 },
};
const number = (n: number) => String(n).padStart(15, '0');
const row = (id: number, name: string, since = '2026-11-01') => ({ Id: id, Name: name, Since: since });
const write = (n: number, values: WrittenBatch['values'], target = TARGET) =>
  writeBatch({ url: mongo.url, target, batch: number(n), values });
const undo = (n: number, target = TARGET, rest = {}) =>
  undoDocuments({ url: mongo.url, target, batch: number(n), ...rest });
const list = (target = TARGET, since = Date.now() - 600_000) =>
  listDocumentBatches(
    { task: 'Task', target, open: mongoAt(mongo.url) },
    { since: new Date(since).toISOString(), limit: 10 },
  );
const documents = () => mongo.collection('orders').find().sort({ _id: 1 }).toArray();
const SINCE = new Date('2026-11-01T00:00:00Z');
const orders = () => mongo.collection<{ _id: number; [name: string]: unknown }>('orders');

test('a batch is undone, member by member; what somebody else changed is left and named', async () => {
  const before = [
    { _id: 1, name: 'a', theirs: 'x' },
    { _id: 2, customer: { since: 'then', name: 'B' }, name: 'b' },
  ];
  await orders().insertMany(structuredClone(before));
  expect(await write(1, [row(1, 'A'), row(2, 'B'), row(3, 'C'), row(4, 'D')])).toBe(0);
  await orders().updateOne({ _id: 4 }, { $set: { name: 'ours' } });
  await orders().updateOne({ _id: 1 }, { $set: { theirs: 'y' } });

  expect(await list()).toMatchObject({
    table: 'orders',
    items: [{ batch: number(1), rows: 4, added: 2, undone: 0, isUndoable: true }],
    more: false,
  });
  const preview = await undo(1, TARGET, { preview: true });
  expect(preview).toMatchObject({ restored: 2, deleted: 1, left: 1, withoutImage: 0 });
  expect(await documents()).toHaveLength(4);
  expect(await undo(1)).toMatchObject({
    ...{ restored: 2, deleted: 1, left: 1, before: { restored: 0, deleted: 0, handedOn: 0 } },
    examples: [{ key: { _id: '4' }, reason: 'changed' }],
  });

  expect(await documents()).toEqual([
    { ...before[0], theirs: 'y' },
    before[1],
    { _id: 4, name: 'ours', customer: { since: SINCE }, meta: { batch: number(1) } },
  ]);
  expect((await list()).items).toContainEqual(expect.objectContaining({ batch: number(1), rows: 1, undone: 3 }));
  // Once it is put right, the same command undoes it.
  await orders().updateOne({ _id: 4 }, { $set: { name: 'D' } });
  expect(await undo(1)).toMatchObject({ deleted: 1, left: 0, before: { restored: 2, deleted: 1 } });
  expect((await documents()).map(({ _id }) => _id)).toEqual([1, 2]);
});

test('objects that came with a member go with it, unless somebody else has put something into them', async () => {
  await orders().insertMany([{ _id: 1 }, { _id: 2 }]);
  await write(1, [row(1, 'a'), row(2, 'b')]);
  await orders().updateOne({ _id: 2 }, { $set: { 'customer.theirs': 1 } });

  await undo(1);

  expect(await documents()).toEqual([{ _id: 1 }, { _id: 2, customer: { theirs: 1 } }]);
});

test('what is there as it is keeps the number of the batch that made it so', async () => {
  await write(1, [row(1, 'a'), row(2, 'b')]);

  expect(await write(2, [row(1, 'a'), row(2, 'B'), row(2, 'B again'), row(3, 'c')])).toBe(1);

  expect((await documents()).map(({ name, meta }) => [name, meta.batch])).toEqual([
    ['a', number(1)],
    ['B again', number(2)],
    ['c', number(2)],
  ]);
  expect(await undo(2)).toMatchObject({ restored: 1, deleted: 1, left: 0 });
  expect((await documents()).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('documents that a batch deleted are there again, with all that they were', async () => {
  const whole = {
    ...{ _id: 1, n: new BSON.Long('9007199254740993'), d: new BSON.Double(1), price: new BSON.Decimal128('12.50') },
    ...{ at: new Date(0), list: [1, { a: null }], id: new BSON.ObjectId(), bytes: new BSON.Binary(Buffer.from('abc')) },
    ...{ pattern: new BSON.BSONRegExp('a.b', 'i'), zeta: 1, alpha: 2 },
  };
  await orders().insertMany([whole, { _id: 2, name: 'b' }] as never);
  const raw = async () =>
    BSON.EJSON.stringify(await orders().find({ _id: 1 }, { promoteValues: false }).toArray(), { relaxed: false });
  const before = await raw();
  await write(1, [row(1, ''), row(2, ''), row(9, '')], DELETING);
  expect(await documents()).toEqual([]);
  await orders().insertOne({ _id: 2, name: 'theirs' } as never);

  expect(await list(DELETING)).toMatchObject({ items: [{ rows: 2, added: 0 }] });
  expect(await undo(1, DELETING)).toMatchObject({
    ...{ restored: 1, deleted: 0, left: 1, examples: [{ key: { _id: '2' }, reason: 'changed' }] },
  });

  expect(await raw()).toBe(before);
});

test('what a task only added is listed by its numbers, and undone', async () => {
  const target: MongoTarget = { ...TARGET, write: 'insert', keys: [] };
  const { rollbackSeconds: _none, ...adding } = target;
  const mapping = [{ column: 'name', from: 'Name' }];
  const own = { url: mongo.url, target: adding, mapping };
  await writeBatch({ ...own, batch: number(1), values: [row(1, 'a'), row(2, 'b')] });
  await writeBatch({ ...own, batch: number(2), values: [row(1, 'a')] });

  expect(await list(adding)).toMatchObject({
    items: [
      { batch: number(1), rows: 2, added: 2, until: null, at: null, isUndoable: true },
      { batch: number(2), rows: 1 },
    ],
  });
  expect(await undo(1, adding, { preview: true })).toMatchObject({ deleted: 2 });
  expect(await undo(1, adding)).toMatchObject({ deleted: 2 });
  expect(await undo(1, adding)).toMatchObject({ deleted: 0, before: { deleted: 2 } });
  expect((await documents()).map(({ name, meta }) => [name, meta.batch])).toEqual([['a', number(2)]]);
});

test('what is kept no longer is removed, and nothing else; a batch whose time is over is not half undone', async () => {
  await write(1, [row(1, 'a'), row(2, 'b')]);
  await write(2, [row(3, 'c')]);
  const images = mongo.collection('causeway_before_image');
  await images.updateOne({ batch: number(1), at: 1 }, { $set: { keptUntil: new Date('2026-01-01') } });
  await expect(undo(1)).rejects.toMatchObject({ message: expect.stringContaining('is over') });
  const ports = { target: TARGET, open: mongoAt(mongo.url), remainingMs: () => 60_000 };

  expect(await expireDocumentImages(ports)).toBe(1);
  expect(await expireDocumentImages(ports)).toBe(0);

  expect((await list()).items.map(({ batch }) => batch).toSorted()).toEqual([number(1), number(2)]);
  await expect(undo(7)).rejects.toMatchObject({ message: expect.stringContaining('Nothing is kept') });
  await expect(undo(7, TARGET, { batch: 'x' })).rejects.toThrow('a batch number');
});

test('a document that the collection does not take as it was is left, and the others are undone', async () => {
  await orders().insertMany([
    { _id: 1, name: 'a' },
    { _id: 2, name: 'b' },
  ] as never);
  await write(1, [row(1, 'A'), row(2, 'B')]);
  await orders().insertOne({ _id: 3, name: 'a' } as never);
  await mongo.collection('orders').createIndex({ name: 1 }, { unique: true });

  expect(await undo(1)).toMatchObject({
    ...{ restored: 1, left: 1, examples: [{ key: { _id: '1' }, reason: 'refused' }] },
  });

  expect((await documents()).map(({ name }) => name)).toEqual(['A', 'b', 'a']);
});

test('batches undone in whatever order leave what was before the first', async () => {
  const first = [
    { _id: 1, name: 'first', theirs: 1 },
    { _id: 2, customer: { theirs: 2 } },
  ];
  const batch = fc.record({
    rows: fc.array(fc.record({ id: fc.constantFrom(1, 2, 3), name: fc.constantFrom('a', 'b', '$c') }), {
      ...{ minLength: 1, maxLength: 4 },
    }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      async (batches, picks) => {
        await mongo.drop();
        await orders().insertMany(structuredClone(first));
        for (const [at, { rows }] of batches.entries()) {
          await write(
            at + 1,
            rows.map(({ id, name }) => row(id, name)),
          );
        }
        const left = (await list()).items.map((item) => item.batch);
        while (left.length > 0) {
          const [picked] = left.splice((picks.next().value as number) % left.length, 1);
          expect(await undo(Number(picked))).toMatchObject({ left: 0 });
        }
        expect(await documents()).toEqual(first);
        expect(await mongo.collection('causeway_before_image').countDocuments()).toBe(0);
      },
    ),
    { numRuns: 12, seed: 11 },
  );
}, 60_000);

const BEFORE = [
  { _id: 1, name: 'before' },
  { _id: 2, name: 'before' },
];
const VALUES = [row(1, 'after'), row(3, 'new')];
test('a process that is killed anywhere while it writes keeps what it needs to be undone, once', async () => {
  let step = 1;
  for (; ; step += 3) {
    await mongo.drop();
    await orders().insertMany(structuredClone(BEFORE));
    const died = await killedAt({
      step,
      write: { url: mongo.url, target: TARGET, batch: number(1), values: VALUES },
    });
    if (died) {
      await mongo.collection('causeway_position').updateMany({}, { $set: { heldUntil: null } });
      await write(1, VALUES);
    }
    expect({ step, undone: await undo(1), documents: await documents() }).toMatchObject({
      ...{ step, undone: { restored: 1, deleted: 1, left: 0 }, documents: BEFORE },
    });
    if (!died) {
      break;
    }
  }

  expect(step).toBeGreaterThan(12);
}, 120_000);

test('an undoing that is killed anywhere goes on, and counts each document once', async () => {
  let step = 1;
  for (; ; step += 3) {
    await mongo.drop();
    await orders().insertMany(structuredClone(BEFORE));
    await write(1, VALUES);
    const died = await killedAt({ step, undo: { url: mongo.url, target: TARGET, batch: number(1) } });
    await undo(1);
    const [entry] = await mongo.collection('causeway_rollback_log').find().toArray();

    expect({ step, documents: await documents(), entry }).toMatchObject({
      ...{ step, documents: BEFORE, entry: { restored: 1, deleted: 1, handedOn: 0, undoneBy: 'test' } },
    });
    if (!died) {
      break;
    }
  }

  expect(step).toBeGreaterThan(12);
}, 120_000);

test.each<readonly [string, Partial<MongoTarget>]>([
  ['rollback', { rollbackSeconds: 30 }],
  ['batchNumberField', { batchNumberField: '$set' }],
  ['batchNumberField', { write: 'delete' }],
])('such a %s is refused by name: %j', (setting, wrong) => {
  expect(() => checkMongoTarget({ ...TARGET, ...wrong }, 'Task: target')).toThrow(`target.${setting}`);
});

test('a number that the mapping fills, and places in lists, are refused by name', async () => {
  await expect(write(1, [row(1, 'a')], { ...TARGET, batchNumberField: 'name' })).rejects.toThrow(
    'batchNumberField fills',
  );
  await expect(write(1, [row(1, 'a')], { ...TARGET, batchNumberField: 'name.batch' })).rejects.toThrow(
    'lies in another',
  );
  await expect(write(1, [row(1, 'a')], { ...TARGET, batchNumberField: 'list.0' })).rejects.toThrow('places in lists');
  const { batchNumberField: _none, ...without } = TARGET;
  expect(() => checkMongoTarget(without, 'Task: target')).toThrow('batchNumberField beside it');
});
