import { createRequire } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from '@jest/globals';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

const STRING = 'S' as const;

const TABLES: CreateTableCommandInput[] = [
  {
    TableName: 'devices',
    AttributeDefinitions: ['clientId', 'productId', 'deviceId', 'term'].map((AttributeName) => ({
      AttributeName,
      AttributeType: STRING,
    })),
    KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      ['byProduct', 'productId'],
      ['byTerm', 'term'],
    ].map(([IndexName, hash]) => ({
      IndexName,
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        { AttributeName: 'deviceId', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    })),
    BillingMode: 'PAY_PER_REQUEST',
  },
  pair('apps', 'pk', 'sk'),
  pair('catalog', 'kind', 'name'),
  {
    TableName: 'nonces',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: STRING }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
];

/** The platform's tables in a DynamoDB of their own, for the tests of one file; the functions' environment names them. */
export function dynamoTables(): void {
  const server = dynalite({ createTableMs: 0 });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      DEVICE_TABLE: 'devices',
      APP_TABLE: 'apps',
      CATALOG_TABLE: 'catalog',
      NONCE_TABLE: 'nonces',
    });
    const client = new DynamoDBClient({});
    for (const table of TABLES) {
      await client.send(new CreateTableCommand(table));
    }
    client.destroy();
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
}

function pair(TableName: string, hash: string, range: string): CreateTableCommandInput {
  return {
    TableName,
    AttributeDefinitions: [hash, range].map((AttributeName) => ({ AttributeName, AttributeType: STRING })),
    KeySchema: [
      { AttributeName: hash, KeyType: 'HASH' },
      { AttributeName: range, KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  };
}
