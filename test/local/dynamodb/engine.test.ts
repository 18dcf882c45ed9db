import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AwsRequest, AwsService } from '../../../local/aws/service.ts';
import { createDynamodbEngine } from '../../../local/dynamodb/engine.ts';
import type { DynamodbEngine } from '../../../local/engines.ts';
import { createLogs, type Logs } from '../../../local/log.ts';

type Document = Record<string, unknown>;

const TABLE = {
  AttributeDefinitions: attributes('clientId', 'productId', 'deviceId'),
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [index('byProduct', 'productId', 'deviceId')],
  SSESpecification: { SSEEnabled: false },
};
const ITEM = { clientId: { S: 'd1' }, productId: { S: 'p' }, deviceId: { S: 'S-001' } };

let state: string;
let logs: Logs;
let engine: DynamodbEngine;
let clock: { now: number };

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-dynamodb-'));
  logs = createLogs(state);
  clock = { now: Date.UTC(2026, 0, 1) };
  engine = await started();
});

afterEach(async () => {
  await engine.stop();
  logs.close();
  rmSync(state, { recursive: true });
});

test('a table made from its resource keeps its items over a restart, and its index finds them', async () => {
  const created = await engine.apply({ name: 'Devices', properties: TABLE });
  await call('PutItem', { TableName: 'Devices', Item: ITEM });
  await restart();

  expect(await engine.apply({ name: 'Devices', properties: TABLE })).toEqual(created);
  expect(created.arn).toBe('arn:aws:dynamodb:us-east-1:000000000000:table/Devices');
  expect(await call('GetItem', { TableName: 'Devices', Key: { clientId: { S: 'd1' } } })).toEqual({ Item: ITEM });
  expect(await find('byProduct', 'productId', 'p')).toEqual([ITEM]);
});

test('an index that is added finds the items that were there before; one that is removed is gone', async () => {
  await engine.apply({ name: 'Devices', properties: TABLE });
  await call('PutItem', { TableName: 'Devices', Item: ITEM });
  const byDevice = { ...TABLE, GlobalSecondaryIndexes: [index('byDevice', 'deviceId')] };
  await engine.apply({ name: 'Devices', properties: byDevice });
  await restart();
  await engine.apply({ name: 'Devices', properties: byDevice });
  await call('PutItem', { TableName: 'Devices', Item: { ...ITEM, clientId: { S: 'd2' } } });

  expect(await find('byDevice', 'deviceId', 'S-001')).toHaveLength(2);
  await expect(find('byProduct', 'productId', 'p')).rejects.toMatchObject({ code: 'ValidationException' });
  const { Table } = (await call('DescribeTable', { TableName: 'Devices' })) as { Table: Document };
  expect(Table).toMatchObject({ GlobalSecondaryIndexes: [{ IndexName: 'byDevice', IndexStatus: 'ACTIVE' }] });
});

test('other keys for a table that exists are refused, and its items stay', async () => {
  await engine.apply({ name: 'Devices', properties: TABLE });
  await call('PutItem', { TableName: 'Devices', Item: ITEM });
  const otherKeys = { ...TABLE, KeySchema: [{ AttributeName: 'deviceId', KeyType: 'HASH' }] };

  await expect(engine.apply({ name: 'Devices', properties: otherKeys })).rejects.toThrow(
    'the keys of table Devices have changed, which replaces the table',
  );
  expect(await call('Scan', { TableName: 'Devices' })).toMatchObject({ Items: [ITEM] });
});

test('throughput may be written as text, as templates do', async () => {
  const ProvisionedThroughput = { ReadCapacityUnits: '3', WriteCapacityUnits: '4' };
  const { BillingMode: _, ...provisioned } = { ...TABLE, ProvisionedThroughput, GlobalSecondaryIndexes: [] };
  await engine.apply({ name: 'Devices', properties: { ...provisioned, AttributeDefinitions: attributes('clientId') } });

  const { Table } = (await call('DescribeTable', { TableName: 'Devices' })) as { Table: Document };
  expect(Table).toMatchObject({ ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 } });
});

test('a removed table is gone; removing it again does nothing', async () => {
  await engine.apply({ name: 'Devices', properties: TABLE });
  await engine.remove('Devices');
  await engine.remove('Devices');

  expect(await call('ListTables', {})).toEqual({ TableNames: [] });
});

test('a table that was being made or deleted when the runtime ended is whole again', async () => {
  await engine.apply({ name: 'Devices', properties: TABLE });
  // So many that their deletion is still going on when the runtime wants to end.
  const items = Array.from({ length: 300 }, (_, n) => ({ ...ITEM, clientId: { S: `d${n}` } }));
  await Promise.all(items.map((Item) => call('PutItem', { TableName: 'Devices', Item })));
  const deleting = call('DeleteTable', { TableName: 'Devices' });
  const stopping = restart();
  await Promise.all([deleting, stopping]);
  await engine.apply({ name: 'Devices', properties: TABLE });

  expect(await call('Scan', { TableName: 'Devices' })).toMatchObject({ Items: [] });
});

test('items end when the attribute of the table says so', async () => {
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };
  await engine.apply({ name: 'Devices', properties: { ...TABLE, TimeToLiveSpecification } });
  const at = (offset: number) => ({ N: String(Math.floor(clock.now / 1000) + offset) });
  for (const [id, expires] of Object.entries({ past: at(-1), future: at(60), text: { S: '1' } })) {
    await call('PutItem', { TableName: 'Devices', Item: { clientId: { S: id }, expires } });
  }
  await restart({ sweepMillis: 5 });

  const left = await until(
    async () => ((await call('Scan', { TableName: 'Devices' })) as { Items: { clientId: { S: string } }[] }).Items,
    (items) => items.length < 3,
  );
  expect(left.map(({ clientId }) => clientId.S).sort()).toEqual(['future', 'text']);
});

test('the time to live is described and changed', async () => {
  await engine.apply({ name: 'Devices', properties: TABLE });
  const describe = async () => (await call('DescribeTimeToLive', { TableName: 'Devices' }))['TimeToLiveDescription'];
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };

  expect(await describe()).toEqual({ TimeToLiveStatus: 'DISABLED' });
  await call('UpdateTimeToLive', { TableName: 'Devices', TimeToLiveSpecification });
  await restart();
  expect(await describe()).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
});

test.each([
  ['GetItem', { TableName: 'Devices' }, ['table/Devices']],
  ['Query', { TableName: 'Devices', IndexName: 'byProduct' }, ['table/Devices/index/byProduct']],
  ['PutItem', { TableName: 'arn:aws:dynamodb:us-east-1:000000000000:table/Devices' }, ['table/Devices']],
  ['BatchGetItem', { RequestItems: { A: {}, B: {} } }, ['table/A', 'table/B']],
])('%s needs its action on the table or index it names: %j', (operation, input, tables) => {
  expect(service().needs(request(operation, input))).toEqual(
    tables.map((table) => ({
      action: `dynamodb:${operation}`,
      resource: `arn:aws:dynamodb:us-east-1:000000000000:${table}`,
    })),
  );
});

test('listing tables names none', () => {
  expect(service().needs(request('ListTables', {}))).toEqual([{ action: 'dynamodb:ListTables', resource: '*' }]);
});

test('an operation that is not served is refused before anything runs', () => {
  expect(() => service().needs(request('TransactWriteItems', {}))).toThrow(
    'DynamoDB TransactWriteItems is not served locally.',
  );
});

async function started(options: { sweepMillis?: number } = {}): Promise<DynamodbEngine> {
  const made = createDynamodbEngine({ state, logs }, { now: () => clock.now, ...options });
  await made.start();

  return made;
}

async function restart(options: { sweepMillis?: number } = {}): Promise<void> {
  await engine.stop();
  engine = await started(options);
}

function service(): AwsService {
  return engine.services?.[0] as AwsService;
}

async function call(operation: string, input: Document): Promise<Document> {
  const { body } = await service().handle(request(operation, input), { roleArn: '', sessionArn: '' });

  return JSON.parse(body.toString());
}

async function find(IndexName: string, key: string, value: string): Promise<unknown> {
  const answer = await call('Query', {
    TableName: 'Devices',
    IndexName,
    KeyConditionExpression: `${key} = :value`,
    ExpressionAttributeValues: { ':value': { S: value } },
  });

  return answer['Items'];
}

function request(operation: string, input: Document): AwsRequest {
  const body = Buffer.from(JSON.stringify(input));

  return { method: 'POST', path: '/', query: new URLSearchParams(), headers: {}, body, operation };
}

function attributes(...names: readonly string[]) {
  return names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
}

function index(IndexName: string, hash: string, range?: string) {
  return {
    IndexName,
    KeySchema: [
      { AttributeName: hash, KeyType: 'HASH' },
      ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' }]),
    ],
    Projection: { ProjectionType: 'ALL' },
  };
}

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
