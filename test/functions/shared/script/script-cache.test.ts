import { createRequire } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scriptCache } from '../../../../functions/shared/script/script-cache.ts';
import { scripts } from './script-fixture.ts';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

const { run } = scripts();
const server = dynalite({ createTableMs: 0 });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    CACHE_TABLE: 'cache',
  });
  const client = new DynamoDBClient({});
  await client.send(
    new CreateTableCommand({
      TableName: 'cache',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  client.destroy();
});

afterAll(() => new Promise((closed) => server.close(closed)));

const cached = (body: string) =>
  run(`importClass(com.huawei.livedata.lambdaservice.util.CacheUtils);
importClass(com.roma.apic.livedata.client.v1.RedisClient);
function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
function execute(data) { ${body} }`);

test('the example of the reference system works', async () => {
  const body = `var cacheUtils = new CacheUtils
    code = cacheUtils.putCache("age", "20")
    if (code != true) { return code }
    var name = cacheUtils.getCache("age")
    return "age " + name`;

  expect(await cached(body)).toBe('age 20');
});

test('what a call puts there, the next finds, until it is removed; other values become texts', async () => {
  await cached(`CacheUtils.putCache('kept', 'é中😀"', 60); CacheUtils.putCache('number', 5)`);

  expect(
    await cached(`return [CacheUtils.getCache('kept'), CacheUtils.getCache('number'), CacheUtils.getCache('nothing'),
      CacheUtils.removeCache('kept'), CacheUtils.removeCache('kept'), CacheUtils.getCache('kept')]`),
  ).toEqual(['é中😀"', '5', null, 1, 0, null]);
});

test('a RedisClient without a configuration is the same cache', async () => {
  const body = `var client = new RedisClient; client.put('shared', 1); client.put('short', 60, 2);
    return [CacheUtils.getCache('shared'), client.get('short'), client.get('nothing'), client.put('shared', 3), client.remove('shared'), client.remove('shared')]`;

  expect(await cached(body)).toEqual(['1', '2', null, 'OK', 1, 0]);
});

test('what is over is not there, though the table still has it', async () => {
  let now = Date.UTC(2026, 0, 1);
  const cache = scriptCache(() => now);
  await cache.put('brief', 'x', 10);
  expect(await cache.get('brief')).toBe('x');
  now += 10_000;

  expect(await cache.get('brief')).toBeNull();
  expect(await cache.remove('brief')).toBe(0);
});

test.each([
  ["CacheUtils.putCache('', 'x')", 'the cache: key: received "0 bytes"'],
  ["CacheUtils.putCache('a', 'x'.repeat(400000))", 'the cache: value: received "400000 bytes"'],
  ["CacheUtils.putCache('a', 'x', 0)", 'the cache: seconds: received 0'],
  ["CacheUtils.putCache('a', 'x', 'soon')", 'the cache: seconds: received null'],
  ["CacheUtils.get('DICT:livedata_private_address')", 'there is no dictionary'],
])('%s is refused', async (call, message) => {
  expect(await cached(`return refusal(function () { ${call} })`)).toContain(message);
});

test('what AWS refuses is an error that names nothing of it', async () => {
  process.env['CACHE_TABLE'] = 'secret-name';
  try {
    expect(await cached(`return refusal(function () { CacheUtils.getCache('a') })`)).toBe(
      'the cache cannot be used at the moment',
    );
  } finally {
    process.env['CACHE_TABLE'] = 'cache';
  }
});

test('a function without a cache says so', async () => {
  delete process.env['CACHE_TABLE'];
  try {
    expect(await cached(`return refusal(function () { CacheUtils.getCache('a') })`)).toContain('no cache');
  } finally {
    process.env['CACHE_TABLE'] = 'cache';
  }
});

test('the local cache is the same one', async () => {
  const body = `var cache = new CacheUtils(); cache.putCache('session', 's1', 60); cache.putLocalCache('other', 's2');
    return [cache.getLocalCache('session'), CacheUtils.getCache('other'), cache.removeLocalCache('session'), cache.getLocalCache('session')]`;

  expect(await cached(body)).toEqual(['s1', 's2', 1, null]);
});
