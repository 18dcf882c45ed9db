import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createDynamodbEngine } from '../../local/dynamodb/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const TableName = 'Devices';
const Key = { clientId: { S: 'd1' } };

let aws: Endpoint;
let client: DynamoDBClient;

beforeAll(async () => {
  aws = await endpoint({ dynamodb: createDynamodbEngine });
  client = new DynamoDBClient(aws.client);
});

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
});

beforeEach(async () => {
  const { dynamodb } = aws.host.engines;
  await dynamodb.remove(TableName);
  await dynamodb.apply({
    name: TableName,
    properties: {
      AttributeDefinitions: [
        { AttributeName: 'clientId', AttributeType: 'S' },
        { AttributeName: 'productId', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byProduct',
          KeySchema: [{ AttributeName: 'productId', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    },
  });
});

test('an item is read as it was put, and an index finds it', async () => {
  const Item = {
    ...Key,
    productId: { S: 'p' },
    tags: { L: [{ S: 'grün' }, { N: '1.50' }] },
    raw: { B: new Uint8Array([0, 255]) },
  };
  await client.send(new PutItemCommand({ TableName, Item }));

  const got = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const found = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'byProduct',
      KeyConditionExpression: 'productId = :p',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
    }),
  );

  expect(got.Item).toEqual({ ...Item, tags: { L: [{ S: 'grün' }, { N: '1.5' }] } });
  expect(found.Items).toEqual([got.Item]);
});

test('a condition that does not hold is the exception of the SDK', async () => {
  const put = new PutItemCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(clientId)' });
  await client.send(put);

  await expect(client.send(put)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
});

test('many counters that count at once lose nothing', async () => {
  const count = new UpdateItemCommand({
    TableName,
    Key,
    UpdateExpression: 'ADD calls :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });
  await Promise.all(Array.from({ length: 20 }, () => client.send(count)));

  expect((await client.send(new GetItemCommand({ TableName, Key }))).Item).toEqual({ ...Key, calls: { N: '20' } });
});

test('an unknown table, a malformed expression and an operation that is not served have their names', async () => {
  await expect(client.send(new GetItemCommand({ TableName: 'Nowhere', Key }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
  await expect(client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET' }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [] }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
});

test('what IAM denies does not happen', async () => {
  aws.denied.add('dynamodb:PutItem');
  await expect(client.send(new PutItemCommand({ TableName, Item: Key }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  aws.denied.clear();

  expect((await client.send(new GetItemCommand({ TableName, Key }))).Item).toBeUndefined();
});
