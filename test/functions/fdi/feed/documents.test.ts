import { beforeEach, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import { checkRealtimeTask, type DocumentTask } from '../../../../core/fdi/feed-task.ts';
import { rollbackDocuments } from '../../../../core/fdi/rollback-documents.ts';
import type { OpenMongo } from '../../../../core/fdi/run-mongo-port.ts';
import { database } from '../../../../functions/shared/database.ts';
import { documentConsumer } from '../../../../functions/shared/document-consumer.ts';
import { documentsTarget } from '../../../../functions/shared/document-target.ts';
import { mongoClient, oneMongo, privateMongo } from '../../shared/sources/mongo-fixture.ts';
import { FIRST_TIME, record, SHARD } from '../records.ts';
import { databases } from '../scheduled/databases.ts';
import { documentKiller } from '../scheduled/document-killer.ts';
import { mongoAt } from '../scheduled/document-replays.ts';
import { documentTask, feedDocuments, replayFed } from './document-feeds.ts';
import { order } from './feeds.ts';

const { mysql } = databases();
const mongo = oneMongo();
const { start, end } = privateMongo();
const { killedAt } = documentKiller(mongo);

beforeEach(() => clear());

async function clear(): Promise<void> {
  await mongo.drop();
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
}

/** An ObjectId of so many. */
const owner = (id: number) => String(id).padStart(24, '0');
/** Every fifth has no owner that is an ObjectId. */
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const n = from + at;

    return order({ n, id: n, name: n % 5 === 0 ? 'nobody' : owner(n) });
  });
const task = documentTask();
const feed = (from: number, to: number, own: DocumentTask = task) =>
  feedDocuments({ task: own, url: mongo.url, records: records(from, to) });
const written = async () =>
  (await mongo.collection('orders').find().toArray())
    .map((document) => Number(document['id']))
    .toSorted((a, b) => a - b);
const account = async () => {
  const [row] = await mysql.run(`SELECT (SELECT GROUP_CONCAT(Seq + 0 ORDER BY Seq) FROM causeway.quarantine) AS bad,
    (SELECT CONCAT(Seq + 0, '/', Written, '/', Quarantined) FROM causeway.position) AS position`);

  return { bad: row?.['bad'], position: row?.['position'] };
};
const good = (last: number) => Array.from({ length: last }, (_, at) => at + 1).filter((n) => n % 5 !== 0);
async function correct(): Promise<void> {
  for (const { id, seq } of await mysql.run('SELECT Id AS id, Seq + 0 AS seq FROM causeway.quarantine')) {
    const payload = Buffer.from(JSON.stringify({ id: Number(seq), name: owner(Number(seq)) })).toString('base64');
    await correctRejected(database(), { task: 'Orders', id: Number(id), payload, by: 'test' });
  }
}

test('messages become documents with their types, once, whatever comes again', async () => {
  const own = documentTask(
    { write: 'upsert', keys: ['_id'], objectIds: ['owner.id'] },
    {
      source: {
        ...task.source,
        metadata: [
          { alias: 'id', type: 'integer', path: 'data.id' },
          { alias: 'owner', type: 'string', path: 'data.owner' },
          { alias: 'price', type: 'number', path: 'data.price' },
          { alias: 'at', type: 'datetime', path: 'data.at' },
          { alias: 'paid', type: 'boolean', path: 'data.paid' },
          { alias: 'rest', type: 'json', path: 'data.rest' },
        ],
      },
      mapping: [
        { column: '_id', from: 'id' },
        { column: 'owner.id', from: 'owner' },
        { column: 'price', from: 'price' },
        { column: 'at', from: 'at' },
        { column: 'paid', from: 'paid' },
        { column: 'rest', from: 'rest' },
        { column: 'kind', constant: 'order' },
      ],
    },
  );
  const text = `{"id":9007199254740993,"owner":"${owner(7)}","price":12345678901234567890.10,"at":"2026-11-01T08:30:00Z","paid":true,"rest":{"a":[1,null]}}`;
  const message = record({ n: 1, payload: text, eventTime: FIRST_TIME });
  const batch = { task: own, url: mongo.url, records: [message] };

  expect(await feedDocuments(batch)).toBe(undefined);
  expect(await feedDocuments(batch)).toBe(undefined);

  const [found] = await mongo.collection('orders').find({}, { promoteValues: false }).toArray();
  expect(BSON.EJSON.serialize(found ?? {}, { relaxed: false })).toEqual({
    _id: { $numberLong: '9007199254740993' },
    owner: { id: { $oid: owner(7) } },
    price: { $numberDecimal: '12345678901234567890.10' },
    at: { $date: { $numberLong: String(Date.parse('2026-11-01T08:30:00Z')) } },
    paid: true,
    rest: { a: [{ $numberInt: '1' }, null] },
    kind: 'order',
  });
  expect(await account()).toEqual({ bad: null, position: '1/1/0' });
});

test('what does not fit, and what the collection refuses, is quarantined; the others arrive in their order', async () => {
  await mongo.collection('orders').createIndex({ owner: 1 }, { unique: true });
  const doubled = order({ n: 12, id: 12, name: owner(1) });

  expect(await feedDocuments({ task, url: mongo.url, records: [...records(1, 12), doubled] })).toBe(undefined);
  expect(await feed(8, 15)).toBe(undefined);

  expect(await written()).toEqual([...good(11), 13, 14]);
  expect(await account()).toEqual({ bad: '5,10,12', position: '14/11/3' });
  const codes = await mysql.run('SELECT Code AS code FROM causeway.quarantine ORDER BY Seq');
  expect(codes.map(({ code }) => code)).toEqual(['type', 'type', 'database']);
});

test('of one key the last message counts, and a delete removes by key alone', async () => {
  const keyed = documentTask({ write: 'upsert', keys: ['id'] });
  await mongo.collection('orders').createIndex({ id: 1 }, { unique: true });
  const some = [1, 2, 3].map((n) => order({ n, id: 7, name: owner(n) }));
  await feedDocuments({ task: keyed, url: mongo.url, records: some });
  const found = await mongo.collection('orders').find().toArray();
  expect(found).toMatchObject([{ id: 7, owner: new BSON.ObjectId(owner(3)) }]);

  const deleting = documentTask({ write: 'delete', keys: ['id'], objectIds: [] });
  await feedDocuments({ task: deleting, url: mongo.url, records: [order({ n: 4, id: 7, name: 'whoever' })] });

  expect(await written()).toEqual([]);
});

test('corrected messages become documents, leave the quarantine and count as written', async () => {
  await feed(1, 12);
  expect(await account()).toEqual({ bad: '5,10', position: '11/9/2' });
  await correct();

  const replay = await replayFed({ task, url: mongo.url, request: { count: true } });

  expect(replay).toMatchObject({ written: 2, refused: [], matching: 2 });
  expect([await written(), await account()]).toEqual([
    Array.from({ length: 11 }, (_, at) => at + 1),
    { bad: null, position: '11/11/0' },
  ]);
  // What its consumer writes next counts on from there.
  await feed(12, 14);
  expect(await account()).toEqual({ bad: null, position: '13/13/0' });
});

test('batches are undone by the numbers of their documents', async () => {
  const target = { write: 'upsert', keys: ['id'], batchNumberField: 'batch', rollbackSeconds: 3600 } as const;
  const keeping = documentTask(target);
  await mongo.collection('orders').createIndex({ id: 1 }, { unique: true });
  await mongo.collection('orders').insertOne({ id: 1, theirs: 'x' });
  await feed(1, 4, keeping);
  const [one] = await mongo.collection('orders').find({ id: 2 }).toArray();

  const ports = { task: 'Orders', target: keeping.target, open: mongoAt(mongo.url), remainingMs: () => 60_000 };
  const undone = await rollbackDocuments(
    { ...ports, pause: async () => undefined },
    { batch: String(one?.['batch']), by: 'test' },
  );

  expect(undone).toMatchObject({ restored: 1, deleted: 2, left: 0 });
  expect(
    await mongo
      .collection('orders')
      .find({}, { projection: { _id: 0 } })
      .toArray(),
  ).toEqual([{ id: 1, theirs: 'x' }]);
});

test('a server that is away lets the batch wait, and says nothing of the records', async () => {
  const away = async () => {
    throw new RangeError('nobody is there');
  };

  expect(await feedDocuments({ task, url: mongo.url, records: records(1, 4), open: away })).toBe('1');
  expect(await feed(1, 4)).toBe(undefined);

  expect([await written(), await account()]).toEqual([good(3), { bad: null, position: '3/3/0' }]);
});

test('a server that is ended and comes again is gone on with, over connections of the same process', async () => {
  let server = await start([], 'restarted');
  const open: OpenMongo = () => mongoAt(`mongodb://127.0.0.1:${server.port}/shop`)();
  const target = documentsTarget(task, open);
  const consume = documentConsumer(task, undefined, { target: () => target });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:0:function:deliver',
    getRemainingTimeInMillis: () => 20_000,
  };
  expect(await consume(SHARD, records(1, 4), context)).toBe(undefined);
  await end(server);
  expect(await consume(SHARD, records(4, 8), context)).toBe('4');
  server = await start([], 'restarted');

  expect(await consume(SHARD, records(4, 8), context)).toBe(undefined);

  await target.sessions.close();
  const client = await mongoClient(server.port);
  const found = await client.db('shop').collection('orders').find().toArray();
  await client.close();
  expect(found.map(({ id }) => id)).toEqual(good(7));
  expect(await account()).toEqual({ bad: '5', position: '7/6/1' });
}, 90_000);

/** One round: a process that is killed at this step, and one that lives; batches have other boundaries when they come again. */
async function round(step: number, isBroken = false) {
  await clear();
  const died = await killedAt({ step, feed: { task, url: mongo.url, records: records(1, 11), isBroken } });
  const unwritten = await feed(1, 14);

  return { died, found: { step, unwritten, written: await written(), account: await account() } };
}

test('killed before or behind any call, each record is a document once or in the quarantine once', async () => {
  let step = 1;
  for (; ; step += 2) {
    const { died, found } = await round(step);
    expect(found).toEqual({
      ...{ step, unwritten: undefined, written: good(13) },
      account: { bad: '5,10', position: '13/11/2' },
    });
    if (!died) {
      break;
    }
  }

  expect(step).toBeGreaterThan(20);
}, 150_000);

test('a position that moves before its documents is found out', async () => {
  const lost = [];
  for (let step = 1; ; step += 4) {
    const { died, found } = await round(step, true);
    if (found.written.join() !== good(13).join()) lost.push(step);
    if (!died) {
      break;
    }
  }

  expect(lost.length).toBeGreaterThan(0);
}, 150_000);

test('killed before or behind any call of a replay, each message is a document once', async () => {
  let step = 1;
  for (; ; step += 3) {
    await clear();
    await feed(1, 12);
    await correct();
    const died = await killedAt({ step, replayFed: { task, url: mongo.url } });
    await replayFed({ task, url: mongo.url });
    expect({ step, written: await written(), account: await account() }).toEqual({
      ...{ step, written: Array.from({ length: 11 }, (_, at) => at + 1) },
      account: { bad: null, position: '11/11/0' },
    });
    if (!died) {
      break;
    }
  }

  expect(step).toBeGreaterThan(20);
}, 150_000);

test.each<readonly [string, Partial<DocumentTask>]>([
  ['delivery', { delivery: 'at-least-once' }],
  ['parallelization', { parallelization: 2 }],
  ['target.keys', { target: { ...task.target, write: 'upsert' } }],
])('a %s that cannot work is refused by name', (setting, wrong) => {
  expect(() => checkRealtimeTask({ ...task, ...wrong } as DocumentTask, 'Orders')).toThrow(setting);
});
