import { execFileSync } from 'node:child_process';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import mysql from 'mysql2/promise';
import { assumeRole } from './assume-role.ts';
import { type Answer, signedByReferenceSdk, withAppCode } from './caller.ts';
import { causeway, eventually, type LocalFile, type Platform, removeFolder, startPlatform } from './platform.ts';

const PATIENCE_MS = 20_000;
const SECRET = 'B-SECRET-4711';

let platform: Platform;
let file: LocalFile;
let orders: string;
let visits: string;

beforeAll(async () => {
  platform = await startPlatform({ integration: `${import.meta.dirname}/topics/index.ts` });
  file = platform.file;
  const url = file.apis['Topics']?.url as string;
  [orders, visits] = [`${url}/topics/Orders/messages`, `${url}/topics/Visits/messages`];
}, 240_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

/** By the reference system's own SDK, which shares no code with ours. */
async function produce(app: string, url: string, data: object): Promise<Answer> {
  const headers = signedByReferenceSdk(file.apps[app] as { key: string; secret: string }, {
    ...{ method: 'POST', url, data, headers: { 'Content-Type': 'application/json' } },
  });

  return answer(await fetch(url, { method: 'POST', headers, body: JSON.stringify(data) }));
}

async function query(app: string, search: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const headers = signedByReferenceSdk(file.apps[app] as { key: string; secret: string }, {
    url: orders,
    query: search,
  });

  return answer(await fetch(`${orders}?${new URLSearchParams(search)}`, { headers }));
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();

  return {
    ...{ status: response.status, text, body: JSON.parse(text) as unknown },
    requestId: response.headers.get('x-request-id'),
  };
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await mysql.createConnection({ ...file.mysql });
  try {
    const [found] = await connection.query(sql);

    return found as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

const orderRows = (no: string) => rows(`SELECT OrderNo, App, MessageKey, TraceId FROM Orders WHERE OrderNo = '${no}'`);
const cli = (...args: readonly string[]) => causeway(...args, '--state', platform.state);

async function json(...args: readonly string[]) {
  const { code, stdout, stderr } = await cli(...args, '--json');

  return { code, stderr, body: stdout === '' ? undefined : JSON.parse(stdout) };
}

test('what an app produces is acknowledged, in the topic, and in the table with who sent it', async () => {
  const { status, body } = await produce('Shop', orders, { key: 'k-1', value: { orderNo: 'A-1' } });
  const { traceId, partition, sequenceNumber } = body as Record<string, string>;
  expect([status, partition]).toEqual([200, 'shardId-000000000000']);

  const found = await query('Shop', { sequence: sequenceNumber as string });
  expect([found.status, found.body]).toMatchObject([
    200,
    { items: [{ key: 'k-1', app: 'Shop', traceId, sequenceNumber, payload: '{"orderNo":"A-1"}' }] },
  ]);
  expect(
    await eventually(
      () => orderRows('A-1'),
      (all) => all.length > 0,
      PATIENCE_MS,
    ),
  ).toEqual([{ OrderNo: 'A-1', App: 'Shop', MessageKey: 'k-1', TraceId: traceId }]);
  const shown = await json('message', 'query', 'Orders', '--key', 'k-1');
  expect(shown.body).toMatchObject([{ app: 'Shop', key: 'k-1', traceId }]);
}, 60_000);

test('a batch is answered message by message, and a wrong one is named and stops no other', async () => {
  const messages = [
    { value: { orderNo: 'B-1' } },
    { value: 'not base64!', encoding: 'base64' },
    { value: Buffer.from('{"orderNo":"B-2"}').toString('base64'), encoding: 'base64' },
    { value: 'x'.repeat(800_000), encoding: 'text' },
    { valu: 1 },
  ];
  const { status, body } = await produce('Shop', orders, { messages });

  expect([status, body]).toMatchObject([
    207,
    {
      written: 2,
      failed: 3,
      results: [
        { index: 0, partition: 'shardId-000000000000' },
        { index: 1, error_code: 'MQS.0400', retryable: false, error_msg: expect.stringContaining('messages[1].value') },
        { index: 2, partition: 'shardId-000000000000' },
        { index: 3, error_code: 'MQS.0413', error_msg: expect.stringContaining('messages[3] is too large') },
        { index: 4, error_code: 'MQS.0400', error_msg: expect.stringContaining('messages[4].valu') },
      ],
    },
  ]);
  await eventually(
    () => orderRows('B-2'),
    (all) => all.length > 0,
    PATIENCE_MS,
  );
  expect([await orderRows('B-1'), await orderRows('B-2')].map((all) => all.length)).toEqual([1, 1]);
}, 60_000);

test('a partition that is full says so for each message, and these alone are sent again', async () => {
  // More in one call than a partition takes in a second (1 MiB), however long the call takes.
  const messages = [0, 1, 2, 3].map((at) => ({ value: { orderNo: `F-${at}`, pad: 'x'.repeat(600_000) }, key: 'F' }));
  const first = await produce('Shop', orders, { messages });
  const resultsOf = ({ body }: Answer) => (body as { results: { error_code?: string; retryable?: boolean }[] }).results;
  const refusedOf = (answered: Answer) => resultsOf(answered).filter(({ error_code }) => error_code !== undefined);

  expect(first.status).toBe(207);
  expect(refusedOf(first).length).toBeGreaterThan(1);
  expect(refusedOf(first).every(({ error_code, retryable }) => error_code === 'MQS.0429' && retryable === true)).toBe(
    true,
  );
  let left = messages.filter((_, at) => resultsOf(first)[at]?.retryable === true);
  await eventually(
    async () => {
      const again = await produce('Shop', orders, { messages: left });
      left = left.filter((_, at) => resultsOf(again)[at]?.retryable === true);
      await new Promise((resolve) => setTimeout(resolve, left.length === 0 ? 0 : 500));

      return left.length;
    },
    (count) => count === 0,
    PATIENCE_MS,
  );
  const written = () => rows("SELECT OrderNo FROM Orders WHERE OrderNo LIKE 'F-%' ORDER BY OrderNo");
  expect(await eventually(written, (all) => all.length >= 4, PATIENCE_MS)).toEqual(
    [0, 1, 2, 3].map((at) => ({ OrderNo: `F-${at}` })),
  );
}, 60_000);

test('apps without a grant are refused, as at an API; grants count at once, from a stack or at run time', async () => {
  const value = { value: { orderNo: 'G-1' } };
  expect(await produce('Stranger', orders, value)).toMatchObject({ status: 403, body: { error_code: 'APIC.0304' } });
  expect(await query('Stranger')).toMatchObject({ status: 403, body: { error_code: 'APIC.0304' } });
  expect(await produce('City', orders, value)).toMatchObject({ status: 403, body: { error_code: 'APIC.0304' } });
  expect((await query('City', { limit: '1' })).status).toBe(200);
  const wrong = { ...(file.apps['Shop'] as { key: string }), secret: 'another' };
  const forged = signedByReferenceSdk(wrong, { method: 'POST', url: orders, data: value });
  expect((await fetch(orders, { method: 'POST', headers: forged, body: JSON.stringify(value) })).status).toBe(401);

  expect(await cli('topic', 'grant', 'Orders', 'City', '--permission', 'publish')).toMatchObject({
    code: 0,
    stdout: 'The app City may now publish+subscribe on Orders.\n',
  });
  expect((await produce('City', orders, value)).status).toBe(200);
  expect((await json('topic', 'grants', 'Orders')).body).toMatchObject([
    { app: 'City', permission: 'publish+subscribe', stack: 'subscribe', runTime: 'publish' },
  ]);
  await cli('topic', 'revoke', 'Orders', 'City');
  expect((await produce('City', orders, value)).status).toBe(403);
  expect((await query('City', { limit: '1' })).status).toBe(200);
  const byCode = await fetch(orders, { headers: withAppCode(file, 'City') });
  expect(byCode.status).toBe(200);
  expect((await cli('app', 'grant', 'Stranger', 'Topics/ProduceOrders')).stderr).toContain(
    'causeway topic grant Orders Stranger',
  );
}, 60_000);

test('programs with rights of AWS use the stream, each as far as it may; what is no message stops nothing', async () => {
  const { stream } = (await json('topic', 'show', 'Orders')).body as { stream: string };
  const clientOf = async (role: string) =>
    new KinesisClient({
      ...{ region: file.aws.region, endpoint: file.aws.endpoint, maxAttempts: 1 },
      credentials: await assumeRole(file, role),
    });
  const [reader, writer] = await Promise.all([clientOf('OrdersReader'), clientOf('OrdersWriter')]);
  const envelope = { raw: '', productId: 'a b', deviceId: '', clientId: '', eventTime: 1, traceId: 't' };
  const put = (client: KinesisClient, data: string) =>
    client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'k', Data: Buffer.from(data) }));

  await put(writer, 'not an envelope');
  // Of a product that no catalogue can have: it must not stop the shard.
  await put(writer, JSON.stringify({ ...envelope, raw: Buffer.from('{"orderNo":"K-1"}').toString('base64') }));
  await expect(put(reader, '{}')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const shards = new ListShardsCommand({ StreamName: stream });
  expect((await reader.send(shards)).Shards).toHaveLength(1);
  const position = { StreamName: stream, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await reader.send(new GetShardIteratorCommand(position));
  expect((await reader.send(new GetRecordsCommand({ ShardIterator }))).Records?.length).toBeGreaterThan(1);
  await expect(writer.send(new GetShardIteratorCommand(position))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });

  await eventually(
    () => orderRows('K-1'),
    (all) => all.length > 0,
    PATIENCE_MS,
  );
  expect(await orderRows('K-1')).toHaveLength(1);
  const rejected = await json('task', 'rejected', 'list', 'OrdersTask');
  expect(rejected.body.items).toMatchObject([{ code: 'envelope' }]);
}, 60_000);

test('masked fields are nowhere: not in the topic, a table, the quarantine, the error store or a log', async () => {
  const visit = { gate: 'G-1', plate: SECRET, level: 1 };
  const produced = await produce('Shop', visits, {
    messages: [{ value: visit }, { value: `plate ${SECRET}`, encoding: 'text' }],
  });
  expect([produced.status, produced.body]).toMatchObject([207, { results: [{}, { error_code: 'MQS.0422' }] }]);
  const [device] = file.devices;
  const client = await mqtt.connectAsync(file.mqtt.url, { ...device, reconnectPeriod: 0 });
  for (const payload of [
    JSON.stringify(visit),
    JSON.stringify({ ...visit, deep: [{ plate: { of: SECRET } }] }),
    // Of another type than its column: goes to the quarantine.
    JSON.stringify({ ...visit, level: 'no number' }),
    // No JSON: cannot be masked, and is not kept.
    `no json ${SECRET}`,
  ]) {
    await client.publishAsync(device?.publish as string, payload, { qos: 1 });
  }
  await client.endAsync();

  const written = () => rows('SELECT Gate, Plate, Level FROM Visits');
  expect(await eventually(written, (all) => all.length >= 3, PATIENCE_MS)).toEqual(
    Array(3).fill({ Gate: 'G-1', Plate: '***', Level: 1 }),
  );
  const rejected = await eventually(
    async () => (await json('task', 'rejected', 'list', 'VisitsTask')).body.items as unknown[],
    (items) => items.length > 0,
    PATIENCE_MS,
  );
  expect(rejected).toHaveLength(1);
  const list = (await json('error-store', 'list')).body.items as { key: string }[];
  expect(list).toHaveLength(1);
  expect((await json('error-store', 'show', list[0]?.key as string)).body).toMatchObject({
    payload: '',
    failures: [{ action: 'MaskFields', reason: expect.stringContaining('nothing of it is kept') }],
  });
  const queried = (await json('message', 'query', 'Visits')).body as { payload: string; key: string }[];
  expect(queried.map(({ key }) => key)).toEqual(['G-1', 'G-1', 'G-1', 'G-1']);
  expect(queried.every(({ payload }) => payload.includes('"plate":"***"'))).toBe(true);

  expect(containing(SECRET)).toEqual([]);
  // That this way of looking finds what is there:
  expect(containing('orderNo').length).toBeGreaterThan(0);
}, 60_000);

test('a consumer view says what waits, and a reset what is written again or left out', async () => {
  await produce('Shop', orders, { value: { orderNo: 'R-0' } });
  await eventually(
    () => orderRows('R-0'),
    (all) => all.length > 0,
    PATIENCE_MS,
  );
  await cli('task', 'stop', 'OrdersTask');
  const waiting = { messages: Array.from({ length: 7 }, (_, at) => ({ value: { orderNo: `R-${at + 1}` } })) };
  expect((await produce('Shop', orders, waiting)).status).toBe(200);

  const view = await json('topic', 'consumers', 'Orders');
  expect(view.body).toMatchObject({
    topic: 'Orders',
    items: [{ task: 'OrdersTask', backlog: 7, more: false, rate: 0, epoch: 1, partitions: [{ backlog: 7 }] }],
  });
  expect(view.body.items[0].oldestMs).toBeGreaterThan(0);

  const skipped = await json('task', 'reset', 'OrdersTask', '--to', 'latest', '--yes');
  expect(skipped.body).toMatchObject({ epoch: 2, again: { messages: 0 }, skipped: { messages: 7 }, state: 'stopped' });
  await cli('task', 'start', 'OrdersTask');
  await produce('Shop', orders, { value: { orderNo: 'R-9' } });
  await eventually(
    () => orderRows('R-9'),
    (all) => all.length > 0,
    PATIENCE_MS,
  );
  expect(await orderRows('R-1')).toEqual([]);

  const before = Number((await rows('SELECT COUNT(*) AS n FROM Orders'))[0]?.['n']);
  const again = await json('task', 'reset', 'OrdersTask', '--to', 'earliest', '--yes');
  expect(again.body).toMatchObject({ epoch: 3, skipped: { messages: 0 } });
  const total = async () => Number((await rows('SELECT COUNT(*) AS n FROM Orders'))[0]?.['n']);
  const found = await json('message', 'query', 'Orders', '--since', '1h', '--limit', '10000');
  // What is no message goes to the quarantine again.
  const all = (found.body as { problem?: string }[]).filter(({ problem }) => problem === undefined);
  expect(await eventually(total, (n) => n >= before + all.length, PATIENCE_MS)).toBe(before + all.length);
  expect((await cli('task', 'show', 'OrdersTask')).stdout).toMatch(/reset +to earliest on .*epoch 3 since then/);
  expect(await cli('task', 'reset', 'OrdersTask', '--to', 'tomorrow')).toMatchObject({ code: 2 });
  expect((await cli('task', 'reset', 'OrdersTask', '--to', 'latest')).stderr).toContain('say --yes to reset');
}, 120_000);

/** Files of the platform's state that hold the text; those of the database too, which are binary. */
function containing(text: string): string[] {
  try {
    return execFileSync('grep', ['-rla', text, platform.state], { encoding: 'utf8' }).trim().split('\n');
  } catch {
    return []; // grep's way to say that there is none
  }
}
