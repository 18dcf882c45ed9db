import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from '@jest/globals';
import { HttpResponse } from '@smithy/core/protocols';
import type { AwsRequest, AwsService } from '../../../local/aws/service.ts';
import { createDynamodbEngine } from '../../../local/dynamodb/engine.ts';
import type { DynamodbEngine } from '../../../local/engines.ts';

const TABLE = {
  AttributeDefinitions: ['clientId', 'productId', 'deviceId'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byProduct',
      KeySchema: [
        { AttributeName: 'productId', KeyType: 'HASH' },
        { AttributeName: 'deviceId', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  SSESpecification: { SSEEnabled: false },
};
const ITEM = { clientId: { S: 'd1' }, productId: { S: 'p' }, deviceId: { S: 'S-001' } };

const state = mkdtempSync(join(tmpdir(), 'causeway-dynamodb-'));
const engines: DynamodbEngine[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  rmSync(state, { recursive: true, force: true });
});

test('a table made from its resource keeps its items over a restart, and its index finds them', async () => {
  const first = await started();
  await first.apply({ name: 'Devices', properties: TABLE });
  await clientOf(first).send(new PutItemCommand({ TableName: 'Devices', Item: ITEM }));
  await first.stop();

  const second = await started();
  const applied = await second.apply({ name: 'Devices', properties: TABLE });
  const client = clientOf(second);
  const got = await client.send(new GetItemCommand({ TableName: 'Devices', Key: { clientId: { S: 'd1' } } }));
  const found = await client.send(
    new QueryCommand({
      TableName: 'Devices',
      IndexName: 'byProduct',
      KeyConditionExpression: 'productId = :p',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
    }),
  );

  expect(applied).toEqual({ name: 'Devices', arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Devices' });
  expect(got.Item).toEqual(ITEM);
  expect(found.Items).toEqual([ITEM]);
});

test('a condition that does not hold is the exception of the SDK', async () => {
  const engine = await started();
  await engine.apply({ name: 'Devices', properties: TABLE });
  const client = clientOf(engine);
  const put = new PutItemCommand({
    TableName: 'Devices',
    Item: ITEM,
    ConditionExpression: 'attribute_not_exists(clientId)',
  });
  await client.send(put);

  await expect(client.send(put)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
});

test('other keys for a table that exists are refused, and its items stay', async () => {
  const engine = await started();
  await engine.apply({ name: 'Devices', properties: TABLE });

  await expect(
    engine.apply({
      name: 'Devices',
      properties: { ...TABLE, KeySchema: [{ AttributeName: 'deviceId', KeyType: 'HASH' }] },
    }),
  ).rejects.toThrow('table Devices: its KeySchema changed');
});

test.each([
  ['GetItem', { TableName: 'Devices' }, ['dynamodb:GetItem arn:aws:dynamodb:us-east-1:000000000000:table/Devices']],
  [
    'Query',
    { TableName: 'Devices', IndexName: 'byProduct' },
    ['dynamodb:Query arn:aws:dynamodb:us-east-1:000000000000:table/Devices/index/byProduct'],
  ],
  [
    'BatchGetItem',
    { RequestItems: { A: {}, B: {} } },
    [
      'dynamodb:BatchGetItem arn:aws:dynamodb:us-east-1:000000000000:table/A',
      'dynamodb:BatchGetItem arn:aws:dynamodb:us-east-1:000000000000:table/B',
    ],
  ],
])('%s needs its action on the table or index it names', (operation, input, needs) => {
  const needed = serviceOf(createDynamodbEngine({ state })).needs(requestOf(operation, input));

  expect(needed.map(({ action, resource }) => `${action} ${resource}`)).toEqual(needs);
});

test('an operation that is not served is refused before anything runs', () => {
  const service = serviceOf(createDynamodbEngine({ state }));

  expect(() => service.needs(requestOf('TransactWriteItems', {}))).toThrow(
    'DynamoDB TransactWriteItems is not served locally.',
  );
});

async function started(): Promise<DynamodbEngine> {
  const engine = createDynamodbEngine({ state });
  engines.push(engine);
  await engine.start();

  return engine;
}

function serviceOf(engine: DynamodbEngine): AwsService {
  return engine.services?.[0] as AwsService;
}

function requestOf(operation: string, input: object): AwsRequest {
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(JSON.stringify(input)),
    operation,
  };
}

/** The real client, its requests handed to the engine's service without a network between. */
function clientOf(engine: DynamodbEngine): DynamoDBClient {
  const service = serviceOf(engine);

  return new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    requestHandler: {
      async handle({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) {
        const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
        const operation = (lower['x-amz-target'] ?? '').split('.').at(-1) ?? '';
        const request = { ...requestOf(operation, {}), headers: lower, body: Buffer.from(new Uint8Array(body)) };
        const caller = { roleArn: 'arn:aws:iam::000000000000:role/r', sessionArn: 'r' };
        const answer = await service.handle(request, caller);

        return {
          response: new HttpResponse({
            statusCode: answer.status,
            headers: { ...answer.headers },
            body: Buffer.from(answer.body),
          }),
        };
      },
    },
  });
}
