import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { decodeIterator, encodeIterator, requireFresh } from '../../../local/stream/iterator.ts';

const iterator = { stream: 'Events', streamCreated: 1, shardId: 'shardId-000000000000', counter: 7, issued: 1_000 };

test('an iterator says where to read', () => {
  expect(decodeIterator(encodeIterator(iterator))).toEqual(iterator);
});

test.each([
  '',
  'nonsense',
  Buffer.from('[2]').toString('base64'),
  Buffer.from('[1,"s",1,"x",-1,2]').toString('base64'),
])('%j is refused', (text) => {
  expect(() => decodeIterator(text)).toThrow('Invalid ShardIterator.');
});

test('an iterator lives five minutes', () => {
  expect(() => requireFresh(iterator, 301_000)).not.toThrow();
  expect(() => requireFresh(iterator, 301_001)).toThrow('Iterator expired.');
});
