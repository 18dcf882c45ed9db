import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, everything, type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

const scale = (TargetShardCount: number) =>
  aws.refused('UpdateShardCount', { StreamName: 'Events', TargetShardCount, ScalingType: 'UNIFORM_SCALING' });

async function openRanges(): Promise<bigint[][]> {
  const { Shards } = await aws.call('ListShards', { StreamARN: ARN, ShardFilter: { Type: 'AT_LATEST' } });
  return Shards.map(({ HashKeyRange }: { HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }) => [
    BigInt(HashKeyRange.StartingHashKey),
    BigInt(HashKeyRange.EndingHashKey),
  ]).sort(([a]: bigint[], [b]: bigint[]) => ((a as bigint) < (b as bigint) ? -1 : 1));
}

test('the open shards share the hash keys evenly afterwards, whatever the steps', async () => {
  for (const target of [2, 4, 3, 5, 3, 2, 1]) {
    expect((await scale(target)).code).toBe('none');
    const width = 2n ** 128n / BigInt(target);

    const ranges = await openRanges();
    expect(ranges.map(([start]) => start)).toEqual(Array.from({ length: target }, (_, index) => BigInt(index) * width));
    expect(ranges.at(-1)?.[1]).toBe(2n ** 128n - 1n);
  }
});

test('nothing put before, and nothing put after, is lost', async () => {
  const put = (text: string) => aws.call('PutRecord', { StreamName: 'Events', Data: base64(text), PartitionKey: text });
  await put('before');
  await scale(2);
  const { ShardId } = await put('after');
  await aws.restart();

  expect(await everything(aws, 'Events')).toEqual(['before']);
  expect(await everything(aws, 'Events', ShardId)).toEqual(['after']);
});

test('one step at most doubles or halves', async () => {
  await scale(2);
  await scale(4);

  expect((await scale(9)).code).toBe('InvalidArgumentException');
  expect((await scale(1)).code).toBe('InvalidArgumentException');
});

test('an on-demand stream is not scaled by hand', async () => {
  await aws.call('CreateStream', { StreamName: 'Free' });

  const refusal = await aws.refused('UpdateShardCount', {
    StreamName: 'Free',
    TargetShardCount: 2,
    ScalingType: 'UNIFORM_SCALING',
  });
  expect(refusal.code).toBe('ValidationException');
});

test('a closed shard goes when retention has passed', async () => {
  await scale(2);
  aws.clock.now += 24 * 3_600_000 + 1;
  await aws.restart();
  await aws.engine.apply({ name: 'Events', mode: 'PROVISIONED', shards: 2, retentionHours: 24 });

  expect((await aws.engine.shards('Events')).map(({ closed }) => closed)).toEqual([false, false]);
});
