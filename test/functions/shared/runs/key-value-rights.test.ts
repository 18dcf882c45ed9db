import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OutletTask } from '../../../../core/fdi/feed-task.ts';
import { mongoCollections, mongoFields } from '../../../../core/fdi/mongo-collections.ts';
import { outletRun, planOutlet } from '../../../../core/fdi/outlet-plan.ts';
import type { MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import { MongoRefused, type OpenMongo } from '../../../../core/fdi/run-mongo-port.ts';
import { type RedisTarget, redisOutlet } from '../../../../core/fdi/run-redis-target.ts';
import type { SourceCheck } from '../../../../core/fdi/source-check.ts';
import { testMongoTarget } from '../../../../core/fdi/test-mongo-target.ts';
import { testRedisTarget } from '../../../../core/fdi/test-redis-target.ts';
import { openMongo } from '../../../../functions/shared/runs/run-mongo.ts';
import { runRedis } from '../../../../functions/shared/runs/run-redis.ts';
import { open as driverOpen } from '../../../../functions/shared/sources/mongodb-driver.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { order } from '../../fdi/feed/feeds.ts';
import { sourceDriver } from '../script/script-fixture.ts';
import { oneMongo } from '../sources/mongo-fixture.ts';
import { asked, privateRedis } from '../sources/redis-fixture.ts';

const { start } = privateRedis();
const mongo = oneMongo();
const pool = createSourcePool({ driver: sourceDriver });
const CHECKING = { now: () => performance.now() };
let port: number;

beforeAll(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  port = await start(['save ""']);
  await asked(port, 'ACL', 'SETUSER', 'reads', 'on', '>sesame', '~*', '+@read', '+@connection');
  await asked(port, 'ACL', 'SETUSER', 'removes', 'on', '>sesame', '~*', '+@connection', '+del');
  await asked(port, 'ACL', 'SETUSER', 'elsewhere', 'on', '>sesame', '~other:*', '+@all');
}, 30_000);
afterAll(() => pool.close());

const shown = (checks: readonly SourceCheck[]) => checks.map((one) => [one.what, one.ok || one.kind]);

async function redisChecks(user: string | undefined, target: Partial<RedisTarget> = {}): Promise<unknown> {
  const own: RedisTarget = { kind: 'redis', write: 'upsert', key: 'order:{Id}', as: 'hash', ...target };
  const login = { url: `redis://127.0.0.1:${port}`, ...(user !== undefined && { user, password: 'sesame' }) };
  const redis = runRedis('TARGET', { pool, login: async () => login });
  try {
    return shown(await testRedisTarget(redis, own, 'x', CHECKING));
  } finally {
    await redis.close();
  }
}

test('of a Redis the right to write is proved by a key that nobody has, and nothing stays of it', async () => {
  const all = [
    ['connects', true],
    ['removes order:{Id}', true],
    ['writes order:{Id}', true],
  ];
  for (const target of [
    {},
    { as: 'json' },
    { as: 'text' },
    { ttlSeconds: 60 },
    { as: 'json', ttlSeconds: 60 },
  ] as const) {
    expect(await redisChecks(undefined, target)).toEqual(all);
  }

  expect(await redisChecks(undefined, { write: 'delete' })).toEqual(all.slice(0, 2));
  expect(await asked(port, 'DBSIZE')).toBe(0);
});

test('a user who may not is told what is missing', async () => {
  expect(await redisChecks('reads')).toEqual([
    ['connects', true],
    ['removes order:{Id}', 'rights'],
  ]);
  expect(await redisChecks('removes')).toEqual([
    ['connects', true],
    ['removes order:{Id}', true],
    ['writes order:{Id}', 'rights'],
  ]);
  expect(await redisChecks('elsewhere')).toEqual([
    ['connects', true],
    ['removes order:{Id}', 'rights'],
  ]);
  expect(await redisChecks('nobody')).toEqual([['connects', 'login']]);
});

const opened: OpenMongo = () => openMongo({ url: mongo.url }, 10_000, async () => ({ open: driverOpen }));
const TARGET: MongoTarget = { kind: 'mongodb', collection: 'orders', write: 'upsert', keys: ['_id'], objectIds: [] };

test('of a MongoDB it is proved by a transaction that is taken back', async () => {
  await mongo.collection('orders').insertOne({ name: 'Ann' });
  await mongo.command({ create: 'causeway_position' });

  expect(shown(await testMongoTarget(opened, TARGET, 'causeway_position', 'x', CHECKING))).toEqual([
    ['connects', true],
    ['knows transactions', true],
    ['writes orders', true],
    ['writes causeway_position', true],
  ]);

  expect(await mongo.collection('orders').countDocuments()).toBe(1);
});

test('a collection that takes no document but its own is no reason to refuse a task', async () => {
  await mongo.collection('unlike').insertOne({ name: 'Ann' });
  await mongo.collection('unlike').createIndex({ total: 1 }, { unique: true });

  const checks = await testMongoTarget(opened, { ...TARGET, collection: 'unlike' }, 'causeway_position', 'x', CHECKING);

  expect(checks.find(({ what }) => what === 'writes unlike')).toMatchObject({
    unproved: expect.stringContaining('takes no'),
  });
});

test('what refuses a command is said in its words', async () => {
  const refusing: OpenMongo = async () => {
    const session = await opened();

    return {
      ...session,
      async command(command, timeMs) {
        if ('update' in command) throw new MongoRefused('not authorized on shop (Unauthorized)', 13);

        return session.command(command, timeMs);
      },
    };
  };

  expect(shown(await testMongoTarget(refusing, TARGET, 'causeway_position', 'x', CHECKING)).at(-1)).toEqual([
    'writes orders',
    'rights',
  ]);
});

test('collections and views are listed, and what documents hold, by full path', async () => {
  await mongo.drop();
  await mongo.collection('orders').insertMany([
    { name: 'Ann', total: 1, customer: { city: 'Ulm', since: new Date() }, items: [1] },
    { name: null, total: 1.5, customer: 'none' },
  ]);
  const session = await opened();

  expect(await mongoCollections(session)).toEqual([{ name: 'orders', kind: 'table' }]);
  expect(await mongoFields(session, 'Orders.source', 'orders')).toEqual(
    expect.arrayContaining([
      { name: '_id', type: 'objectId', readAs: 'string', nullable: false, key: 1 },
      { name: 'name', type: 'string', readAs: 'string', nullable: true, key: null },
      { name: 'total', type: expect.stringMatching(/int/), readAs: 'number', nullable: false, key: null },
      { name: 'customer.since', type: 'date', readAs: 'datetime', nullable: true, key: null },
      { name: 'items', type: 'array', readAs: 'json', nullable: true, key: null },
    ]),
  );
  await expect(mongoFields(session, 'Orders.source', 'nothing')).rejects.toThrow('has no documents in nothing');
  await session.close();
});

test('a real-time task sets keys as a scheduled one does', () => {
  const target: RedisTarget = { kind: 'redis', write: 'upsert', key: 'order:{id}', as: 'hash', ttlSeconds: 60 };
  const task: OutletTask = {
    name: 'Orders',
    source: {
      ...{ topic: 'Orders', parse: true, dataType: 'JSON', timeZone: 'UTC', base64: false, deviceInfo: true },
      metadata: [
        { alias: 'id', type: 'integer', path: 'data.id' },
        { alias: 'name', type: 'string', path: 'data.name' },
      ],
    },
    ...{ target, mapping: 'by-name', delivery: 'at-least-once' },
  };
  const outlet = redisOutlet(outletRun(task), target, {
    ...{ ask: async () => [], close: async () => undefined, pause: async () => undefined, now: () => 0 },
  });
  const plan = planOutlet(task, outlet, 'epoch/shard');

  const row = plan.rowOf(plan.read(order({ n: 1, id: 7, name: 'é "x"' })));

  expect(row?.command.slice(2)).toEqual(['1', 'order:7', '60000', '0', 'id', '7', 'name', 'é "x"']);
});
