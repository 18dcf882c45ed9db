import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

const ShardId = 'shardId-000000000000';
const iterator = async (input: object): Promise<string> =>
  (await aws.call('GetShardIterator', { StreamName: 'Events', ShardId, ...input })).ShardIterator;

async function read(input: object): Promise<string[]> {
  const { Records } = await aws.call('GetRecords', { ShardIterator: await iterator(input) });
  aws.clock.now += 1_000;
  return Records.map(({ Data }: { Data: string }) => Buffer.from(Data, 'base64').toString());
}

async function put(text: string): Promise<string> {
  aws.clock.now += 1_000;
  return (await aws.call('PutRecord', { StreamName: 'Events', Data: base64(text), PartitionKey: 'k' })).SequenceNumber;
}

test('every type starts where it says', async () => {
  await put('a');
  const second = await put('b');
  const arrived = aws.clock.now;
  const latest = await iterator({ ShardIteratorType: 'LATEST' });
  await put('c');

  expect(await read({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual(['a', 'b', 'c']);
  expect(await read({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: second })).toEqual(['b', 'c']);
  expect(await read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: second })).toEqual(['c']);
  expect(await read({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: arrived / 1000 })).toEqual(['b', 'c']);
  expect(await read({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: arrived / 1000 + 0.001 })).toEqual(['c']);
  expect((await aws.call('GetRecords', { ShardIterator: latest })).Records).toHaveLength(1);
});

test("a shard's starting sequence number is the beginning, whether at or after it", async () => {
  await put('a');
  const { Shards } = await aws.call('ListShards', { StreamName: 'Events' });
  const { StartingSequenceNumber } = Shards[0].SequenceNumberRange;

  expect(await read({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual(['a']);
  expect(await read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual(['a']);
});

test.each([
  [{ ShardIteratorType: 'SOMEWHERE' }, 'ValidationException'],
  [{ ShardIteratorType: 'AT_SEQUENCE_NUMBER' }, 'InvalidArgumentException'],
  [{ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '12' }, 'InvalidArgumentException'],
  [{ ShardIteratorType: 'AT_TIMESTAMP' }, 'InvalidArgumentException'],
  [{ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: 9_999_999_999 }, 'InvalidArgumentException'],
  [{ ShardIteratorType: 'LATEST', ShardId: 'shardId-000000000001' }, 'ResourceNotFoundException'],
  [{ ShardIteratorType: 'LATEST', StreamName: 'Other' }, 'ResourceNotFoundException'],
])('%j is refused with %s', async (input, code) => {
  expect((await aws.refused('GetShardIterator', { StreamName: 'Events', ShardId, ...input })).code).toBe(code);
});

test("another stream's sequence number is refused", async () => {
  aws.clock.now += 5_000;
  await aws.call('CreateStream', { StreamName: 'Other', ShardCount: 1 });
  const { SequenceNumber } = await aws.call('PutRecord', { StreamName: 'Other', Data: '', PartitionKey: 'k' });

  const refusal = await aws.refused('GetShardIterator', {
    StreamARN: ARN,
    ShardId,
    ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
    StartingSequenceNumber: SequenceNumber,
  });

  expect(refusal.code).toBe('InvalidArgumentException');
  expect(refusal.message).toContain('because it did not come from this stream');
});
