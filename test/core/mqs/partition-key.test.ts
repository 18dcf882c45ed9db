import { expect, test } from '@jest/globals';
import {
  checkPartitionKey,
  keyOf,
  keyTemplate,
  lostOrder,
  type PartitionKey,
} from '../../../core/mqs/partition-key.ts';
import { compileTemplate } from '../../../local/rules/sql/compile.ts';
import { Evaluation } from '../../../local/rules/sql/evaluation.ts';

const PAYLOAD = '{"plate":"B-1","visit":{"no":12345678901234567890},"empty":"","none":null}';

/** What a rule of AWS IoT makes of it. */
function ruleKey(key: PartitionKey, payload: string): string {
  const message = { topic: 'p1/out/S-1', payload: Buffer.from(payload), clientId: 'd1', traceId: 't', timestamp: 1 };

  return compileTemplate(keyTemplate(key))(new Evaluation({ ...message, principal: 'd1' }));
}

function ownKey(key: PartitionKey, payload: string | undefined, sender: string | undefined = 'S-1') {
  return keyOf(
    key,
    { sender, payload: () => payload },
    () => 0.99,
    () => 'new-id',
  );
}

test.each<[PartitionKey, string, string]>([
  ['device', PAYLOAD, 'S-1'],
  [{ field: 'plate' }, PAYLOAD, 'B-1'],
  [{ field: 'plate' }, 'no JSON', 'S-1'],
  [{ field: 'missing' }, PAYLOAD, 'S-1'],
  [{ field: 'none' }, PAYLOAD, 'S-1'],
  [{ field: 'yes' }, '{"yes":true}', 'true'],
  [{ field: 'list' }, '{"list":[1,{"a":"b"}]}', '[1,{"a":"b"}]'],
  [{ field: 'plate' }, '\u0000\ud800{', 'S-1'],
  [{ field: 'visit.no.more' }, PAYLOAD, 'S-1'],
  [{ field: 'where.from' }, '{"where":{"from":7}}', '7'],
  [{ field: 'empty' }, PAYLOAD, 'S-1'],
  [{ field: 'plate' }, `{"plate":"${'x'.repeat(300)}"}`, 'x'.repeat(256)],
])('a rule and a function give a message the same key: %j of %.40s', (key, payload, expected) => {
  expect(ruleKey(key, payload)).toBe(expected);
  expect(ownKey(key, payload)).toBe(expected);
});

test('numbers keep their digits, and a nested field is found', () => {
  expect(ownKey({ field: 'visit.no' }, PAYLOAD)).toBe('12345678901234567890');
});

test('messages are spread over so many keys of their sender', () => {
  const keys = new Set(Array.from({ length: 200 }, () => ruleKey({ spread: 4 }, PAYLOAD)));

  expect([...keys].sort()).toEqual(['S-1-0', 'S-1-1', 'S-1-2', 'S-1-3']);
  expect(ownKey({ spread: 4 }, PAYLOAD)).toBe('S-1-3');
});

test('a random key is another each time', () => {
  expect(ruleKey('random', PAYLOAD)).not.toBe(ruleKey('random', PAYLOAD));
  expect(ownKey('random', PAYLOAD)).toBe('new-id');
});

test('a message without a sender and without a field goes anywhere', () => {
  expect(keyOf('device', { sender: undefined, payload: () => undefined }, Math.random, () => 'new-id')).toBe('new-id');
});

test('what gives up the order of a device says so, and nothing else does', () => {
  expect(lostOrder('random')).toContain('arrive in any order');
  expect(lostOrder({ spread: 8 })).toContain('up to 8 partitions');
  expect(lostOrder('device')).toBeUndefined();
  expect(lostOrder({ field: 'plate' })).toBeUndefined();
});

test.each<unknown>(['plate', { spread: 1 }, { spread: 1.5 }, { field: 'a b' }, { field: '' }, {}, null])(
  '%j is no partition key',
  (key) => {
    expect(() => checkPartitionKey('Lot/Events: partitionKey', key as PartitionKey)).toThrow(
      'Lot/Events: partitionKey',
    );
  },
);
