import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Dynalite, openDynalite } from '../../../local/dynamodb/dynalite.ts';
import { plainReads } from '../../../local/dynamodb/plain-reads.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-plain-'));
const ITEM = { pk: { S: 'a' }, sk: { S: 'b' }, list: { L: [{ N: '1.50' }] }, bytes: { B: 'AAE=' } };
let dynalite: Dynalite;

const define = (name: string, keys: readonly string[]) =>
  dynalite.call('CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
  });

async function active(name: string): Promise<void> {
  while (((await dynalite.readTable(name)) as { TableStatus?: string } | undefined)?.TableStatus !== 'ACTIVE') {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

beforeAll(async () => {
  dynalite = openDynalite(folder, { account: '000000000000', region: 'us-east-1' });
  await define('Pairs', ['pk', 'sk']);
  await active('Pairs');
  await dynalite.call('PutItem', { TableName: 'Pairs', Item: ITEM });
});
afterAll(async () => {
  await dynalite.close();
  rmSync(folder, { recursive: true });
});

/** What came of a call, refusals as they are told. */
async function outcome(operation: 'GetItem' | 'BatchGetItem', input: object): Promise<unknown> {
  try {
    const { ConsumedCapacity: _, ...answer } = await dynalite.call(operation, JSON.parse(JSON.stringify(input)));

    return JSON.parse(JSON.stringify(answer));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };

    return { code, message };
  }
}

const text = fc.constantFrom('a', 'b', '', 'é', '中', 'x'.repeat(1025), 'x'.repeat(2049));
const attribute = fc.oneof(
  { weight: 6, arbitrary: fc.record({ S: text }) },
  fc.constantFrom({ N: '1' }, { S: 'a', N: '1' }, { S: 1 }, {}, 'a', null, { NULL: true }),
);
const key = fc.oneof(
  { weight: 6, arbitrary: fc.record({ pk: attribute, sk: attribute }) },
  fc.record({ pk: attribute }),
  fc.record({ pk: attribute, sk: attribute, other: attribute }),
  fc.constantFrom({}, null, 'a', [], { other: { S: 'a' } }),
);
const table = fc.oneof({ weight: 8, arbitrary: fc.constant('Pairs') }, fc.constantFrom('Nowhere', 'x', 'a b', 1, ''));
const consistent = fc.constantFrom(true, false, undefined, 'yes');

// With this it is not plain, and dynalite answers by itself.
const SLOW = { ReturnConsumedCapacity: 'NONE' };

test('a plain GetItem is answered and refused as dynalite does', async () => {
  const input = fc.record({ TableName: table, Key: key, ConsistentRead: consistent });
  await fc.assert(
    fc.asyncProperty(input, async (one) => {
      expect(await outcome('GetItem', one)).toEqual(await outcome('GetItem', { ...one, ...SLOW }));
    }),
    { numRuns: 300 },
  );
});

test('a plain BatchGetItem is answered and refused as dynalite does', async () => {
  const request = fc.record({ Keys: fc.array(key, { maxLength: 3 }), ConsistentRead: consistent });
  const input = fc.record({
    // Of two tables at fault dynalite tells whichever it finds first.
    RequestItems: fc.dictionary(fc.constantFrom('Pairs', 'Nowhere'), request, { maxKeys: 1 }),
  });
  const sorted = (answer: unknown) => JSON.stringify(answer).split('').sort().join('');
  await fc.assert(
    fc.asyncProperty(input, async (one) => {
      // Its items come in no order.
      expect(sorted(await outcome('BatchGetItem', one))).toBe(
        sorted(await outcome('BatchGetItem', { ...one, ...SLOW })),
      );
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['GetItem', { TableName: 'Pairs', Key: { pk: { S: 'a' }, sk: { S: 'b' } }, ConsistentRead: true }],
  [
    'BatchGetItem',
    { RequestItems: { Pairs: { Keys: [{ pk: { S: 'a' } }, { pk: { S: 'b' } }], ConsistentRead: true } } },
  ],
])('%s of whole items by keys of text is plain', (operation, input) => {
  expect(plainReads(operation, input)).toBeDefined();
  expect(plainReads(operation, { ...input, ...SLOW })).toBeUndefined();
  expect(plainReads('Query', input)).toBeUndefined();
});

test('a BatchGetItem of two tables is not plain', () => {
  const request = { Keys: [{ pk: { S: 'a' } }] };

  expect(plainReads('BatchGetItem', { RequestItems: { Pairs: request, Others: request } })).toBeUndefined();
});

test('what is written is what is read next, and so is a table that is made anew', async () => {
  const one = { TableName: 'Again', Key: { id: { S: 'a' } }, ConsistentRead: true };
  await define('Again', ['id']);
  await active('Again');
  await dynalite.call('PutItem', { TableName: 'Again', Item: { id: { S: 'a' }, n: { N: '1' } } });
  expect(await outcome('GetItem', one)).toEqual({ Item: { id: { S: 'a' }, n: { N: '1' } } });

  const changing = dynalite.call('PutItem', { TableName: 'Again', Item: { id: { S: 'a' }, n: { N: '2' } } });
  await changing;
  expect(await outcome('GetItem', one)).toEqual({ Item: { id: { S: 'a' }, n: { N: '2' } } });
  await dynalite.call('DeleteItem', { TableName: 'Again', Key: { id: { S: 'a' } } });
  expect(await outcome('GetItem', one)).toEqual({});

  await dynalite.call('DeleteTable', { TableName: 'Again' });
  while ((await dynalite.readTable('Again')) !== undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(await outcome('GetItem', one)).toMatchObject({ code: 'ResourceNotFoundException' });
  await define('Again', ['other']);
  await active('Again');
  expect(await outcome('GetItem', one)).toMatchObject({ code: 'ValidationException' });
  expect(await outcome('GetItem', { ...one, Key: { other: { S: 'a' } } })).toEqual({});
});
