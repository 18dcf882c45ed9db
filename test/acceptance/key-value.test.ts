import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { oneMongo } from '../functions/shared/sources/mongo-fixture.ts';
import { oneRedis } from '../functions/shared/sources/redis-fixture.ts';
import { causeway, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { taskRuns } from './task-runs.ts';

const PASSWORD = 'sesame';
const state = temporaryFolder();
const redis = oneRedis(PASSWORD);
const mongo = oneMongo();
let platform: Platform;
let connection: Connection;

beforeAll(async () => {
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/key-value/index.ts`,
    environment: { SHOP_REDIS: `redis://127.0.0.1:${redis.port}`, SHOP_MONGODB: mongo.url, SHOP_PASSWORD: PASSWORD },
  });
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
}, 180_000);

const { cli, rowsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  removeFolder(state);
}, 60_000);

test('rows become hashes of a Redis, changed ones again, and what is something else there is in the quarantine', async () => {
  await redis.ask('SET', 'order:3', 'a text');
  await connection.query("INSERT INTO Orders (Id, State, Total) VALUES (1, 'new', 9.5), (2, NULL, 20), (3, 'new', 1)");
  expect(await run('OrdersOut')).toMatchObject({ state: 'succeeded', read: 3, written: 2, rejected: 1 });
  expect(await cli('task', 'rejected', 'list', 'OrdersOut')).toMatchObject({
    items: [{ code: 'database', reason: expect.stringContaining('WRONGTYPE') }],
  });
  await redis.ask('DEL', 'order:3');
  await connection.query("UPDATE Orders SET State = 'paid' WHERE Id = 2");

  expect(await run('OrdersOut')).toMatchObject({ state: 'succeeded', read: 3, written: 2, unchanged: 1 });

  expect(await redis.ask('HMGET', 'order:1', 'Id', 'State', 'Total')).toEqual(['1', 'new', '9.50']);
  expect(await redis.ask('HGET', 'order:2', 'State')).toBe('paid');
  expect(Number(await redis.ask('TTL', 'order:1'))).toBeGreaterThan(3000);
}, 60_000);

test('keys of a Redis become rows; what is read again as it was stays as it is', async () => {
  await redis.ask('HSET', 'cart:1', 'owner', 'Ann', 'items', '2');
  await redis.ask('HSET', 'cart:2', 'items', '3');
  await redis.ask('HSET', 'cart:3', 'items', 'many');
  expect(await run('CartsIn')).toMatchObject({ state: 'succeeded', read: 3, written: 2, rejected: 1 });
  await redis.ask('HSET', 'cart:2', 'items', '4');

  expect(await run('CartsIn')).toMatchObject({ state: 'succeeded', read: 3, written: 1, unchanged: 1, rejected: 1 });

  expect(await rowsOf('SELECT `Key`, Owner, Items FROM Carts ORDER BY 1')).toEqual([
    { Key: 'cart:1', Owner: 'Ann', Items: 2 },
    { Key: 'cart:2', Owner: null, Items: 4 },
  ]);
}, 60_000);

test('documents become rows, by their full paths; later only what has changed', async () => {
  const customers = mongo.collection('customers');
  await customers.insertMany([
    { name: 'Ann', address: { city: 'Ulm' }, changedAt: new Date('2026-11-01T08:00:00Z') },
    { name: 'Bob', changedAt: new Date('2026-11-01T09:00:00Z') },
    { name: null, changedAt: new Date('2026-11-01T09:00:00Z') },
    { name: 'nobody', draft: true, changedAt: new Date('2026-11-01T09:00:00Z') },
  ]);
  expect(await run('CustomersIn')).toMatchObject({ state: 'succeeded', read: 3, written: 2, rejected: 1 });
  await customers.updateOne(
    { name: 'Ann' },
    { $set: { 'address.city': 'Bonn', changedAt: new Date('2026-11-02T08:00:00Z') } },
  );

  expect(await run('CustomersIn')).toMatchObject({
    state: 'succeeded',
    read: 3,
    written: 1,
    unchanged: 1,
    rejected: 1,
  });

  expect(await rowsOf('SELECT Id, Name, City FROM Customers ORDER BY Name')).toEqual([
    { Id: expect.stringMatching(/^[0-9a-f]{24}$/), Name: 'Ann', City: 'Bonn' },
    { Id: expect.stringMatching(/^[0-9a-f]{24}$/), Name: 'Bob', City: null },
  ]);
}, 60_000);

test('rows become documents with their types, together with the place of the task', async () => {
  expect(await run('OrdersToDocuments')).toMatchObject({ error: null, state: 'succeeded', read: 3, written: 3 });

  expect(await run('OrdersToDocuments')).toMatchObject({ state: 'succeeded', read: 3, written: 0, unchanged: 3 });

  expect(await mongo.collection('orders').findOne({ _id: 1 as never })).toEqual({
    ...{ _id: 1, order: { state: 'new', total: 9.5 }, changedAt: expect.any(Date) },
  });
  expect(await mongo.collection('causeway_position').findOne({ _id: 'OrdersToDocuments' as never })).toMatchObject({
    run: '',
    heldUntil: null,
  });
}, 60_000);

test('what a collection refused is replayed, and a page of documents is undone by its number', async () => {
  const kept = mongo.collection<{ _id: number }>('kept');
  await kept.createIndex({ 'order.state': 1 }, { unique: true, name: 'states' });
  await kept.insertOne({ _id: 1, theirs: 'x' } as never);
  expect(await run('OrdersKept')).toMatchObject({ state: 'succeeded', read: 3, written: 2, rejected: 1 });
  await kept.dropIndex('states');
  expect(await cli('task', 'rejected', 'replay', 'OrdersKept', '--all', '--overwrite')).toMatchObject({ written: 1 });
  expect(await cli('task', 'rejected', 'list', 'OrdersKept')).toMatchObject({ items: [] });
  expect(await kept.countDocuments()).toBe(3);

  const { items } = await cli<{ items: { batch: string; rows: number }[] }>('task', 'batches', 'OrdersKept');
  // The page was halved to find what is refused: each half is a batch.
  expect(items.map(({ rows }) => rows)).toEqual([1, 1, 1]);
  for (const { batch, rows } of items) {
    expect(await cli('task', 'rollback', 'OrdersKept', batch, '--yes')).toMatchObject({ batch, left: 0 });
    expect(await rowsOf(`SELECT Restored + Deleted AS n FROM causeway.rollback_log WHERE Batch = '${batch}'`)).toEqual([
      { n: rows },
    ]);
  }

  expect(await kept.find().toArray()).toEqual([{ _id: 1, theirs: 'x' }]);
}, 60_000);

/** What was tried of a source, all of it with success. */
async function tested(source: string): Promise<readonly string[]> {
  const { passed, checks } = await cli<{ passed: boolean; checks: { what: string }[] }>('datasource', 'test', source);
  expect({ passed, checks }).toMatchObject({ passed: true });

  return checks.map(({ what }) => what);
}

test('what would be written is shown, and sources are listed and tested', async () => {
  expect(await cli('task', 'try', 'OrdersOut', '--rows', '1')).toMatchObject({
    records: [{ written: { command: expect.arrayContaining(['order:1']) } }],
  });
  expect(await cli('datasource', 'list')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'CartsIn.source', kind: 'redis' }),
      expect.objectContaining({ name: 'CustomersIn.source', kind: 'mongodb' }),
    ]),
  );
  expect(await tested('OrdersOut.target')).toEqual(['connects', 'removes order:{Id}', 'writes order:{Id}']);
  expect(await tested('CartsIn.source')).toEqual(['reads keys cart:*']);
  expect(await tested('CustomersIn.source')).toEqual(['reads customers']);
  expect(await tested('OrdersToDocuments.target')).toEqual([
    ...['connects', 'knows transactions', 'writes orders', 'writes causeway_position'],
  ]);
  expect(await cli('datasource', 'tables', 'CustomersIn.source')).toContainEqual({ name: 'customers', kind: 'table' });
  expect(await cli('datasource', 'columns', 'CustomersIn.source', 'customers')).toEqual(
    expect.arrayContaining([
      { name: '_id', type: 'objectId', readAs: 'string', nullable: false, key: 1 },
      { name: 'address.city', type: 'string', readAs: 'string', nullable: true, key: null },
    ]),
  );
  const { code, stderr } = await causeway('datasource', 'tables', 'CartsIn.source', '--state', state);
  expect([code, stderr]).toEqual([1, expect.stringContaining('is Redis, which has no tables')]);
}, 60_000);
