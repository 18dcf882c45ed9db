import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamodbEngine } from '../../local/dynamodb/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { refused } from './refused.ts';

const TableName = 'Limits';

let aws: Endpoint;
let client: DynamoDBClient;

beforeAll(async () => {
  aws = await endpoint({ dynamodb: createDynamodbEngine });
  client = new DynamoDBClient(aws.client);
  await aws.host.engines.dynamodb.apply({
    name: TableName,
    properties: {
      AttributeDefinitions: [
        { AttributeName: 'p', AttributeType: 'S' },
        { AttributeName: 's', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 's', KeyType: 'RANGE' },
      ],
    },
  });
});

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
});

const put = (Item: Record<string, AttributeValue>) => refused(client.send(new PutItemCommand({ TableName, Item })));
const item = (p: string, s: string, text = ''): Record<string, AttributeValue> => ({
  p: { S: p },
  s: { S: s },
  t: { S: text },
});

test('an item has at most 400 KB with the names of its attributes', async () => {
  // p + a + s + b + t: five bytes.
  expect((await put(item('a', 'b', 'x'.repeat(400 * 1024 - 5)))).name).toBe('none');
  expect(await put(item('a', 'b', 'x'.repeat(400 * 1024 - 4)))).toEqual({
    name: 'ValidationException',
    message: 'Item size has exceeded the maximum allowed size',
  });
});

test('a partition key has at most 2,048 bytes and a sort key at most 1,024', async () => {
  expect((await put(item('p'.repeat(2048), 's'.repeat(1024)))).name).toBe('none');
  expect((await put(item('p'.repeat(2049), 's'))).message).toContain(
    'Size of hashkey has exceeded the maximum size limit of2048 bytes',
  );
  expect((await put(item('p', 's'.repeat(1025)))).message).toMatch(/exceeded the.* size limit of ?1024 bytes/);
});

test('a batch writes at most 25 items and reads at most 100', async () => {
  const write = (count: number) =>
    refused(
      client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [TableName]: Array.from({ length: count }, (_, n) => ({ PutRequest: { Item: item('batch', String(n)) } })),
          },
        }),
      ),
    );
  const read = (count: number) =>
    refused(
      client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [TableName]: {
              Keys: Array.from({ length: count }, (_, n) => ({ p: { S: 'batch' }, s: { S: String(n) } })),
            },
          },
        }),
      ),
    );

  expect((await write(25)).name).toBe('none');
  expect((await write(26)).name).toBe('ValidationException');
  expect((await read(100)).name).toBe('none');
  expect((await read(101)).name).toBe('ValidationException');
});

test('a page of a query or scan ends at 1 MB', async () => {
  for (let n = 0; n < 5; n += 1) await put(item('page', String(n), 'x'.repeat(300 * 1024)));

  const { Items = [], LastEvaluatedKey } = await client.send(
    new ScanCommand({ TableName, FilterExpression: 'p = :p', ExpressionAttributeValues: { ':p': { S: 'page' } } }),
  );

  expect(LastEvaluatedKey).toBeDefined();
  expect(Items.length).toBeLessThan(5);
});
