import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, everything, type Kinesis, kinesis } from '../kinesis.ts';

let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

const record = (text: string, PartitionKey = text) => ({ Data: base64(text), PartitionKey });

test('records go to the shards of their keys, each answered at its place', async () => {
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 4 });
  const texts = Array.from({ length: 200 }, (_, index) => `device-${index}`);

  const answer = await aws.call('PutRecords', { StreamName: 'Events', Records: texts.map((text) => record(text)) });

  expect(answer.FailedRecordCount).toBe(0);
  for (const shard of ['0', '1', '2', '3'].map((index) => `shardId-00000000000${index}`)) {
    const expected = texts.filter((_, index) => answer.Records[index].ShardId === shard);
    expect(expected.length).toBeGreaterThan(20);
    expect(await everything(aws, 'Events', shard)).toEqual(expected);
  }
});

test('what exceeds the rate of its shard is refused alone', async () => {
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
  const Records = Array.from({ length: 500 }, () => record('x'));
  await aws.call('PutRecords', { StreamName: 'Events', Records });
  await aws.call('PutRecords', { StreamName: 'Events', Records: Records.slice(0, 499) });

  const answer = await aws.call('PutRecords', { StreamName: 'Events', Records: [record('fits'), record('late')] });

  expect(answer.FailedRecordCount).toBe(1);
  expect(answer.Records[0].SequenceNumber).toMatch(/^\d{56}$/);
  expect(answer.Records[1]).toEqual({
    ErrorCode: 'ProvisionedThroughputExceededException',
    ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream Events under account 000000000000.',
  });
});

test.each([
  ['no record', []],
  ['501 records', Array.from({ length: 501 }, () => record('x'))],
  ['a record without a key', [{ Data: '' }]],
  ['a record of more than 1 MiB', [record('x'), { Data: base64('x'.repeat((1 << 20) + 1)), PartitionKey: 'k' }]],
  ['more than 10 MiB', Array.from({ length: 11 }, () => ({ Data: base64('x'.repeat(1_000_000)), PartitionKey: 'k' }))],
])('%s is refused as a whole', async (_, Records) => {
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });

  expect((await aws.refused('PutRecords', { StreamName: 'Events', Records })).code).toMatch(
    /ValidationException|InvalidArgumentException/,
  );
  expect(await everything(aws, 'Events')).toEqual([]);
});
