import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, type Kinesis, kinesis } from './kinesis.ts';

const definition = { name: 'Events', mode: 'PROVISIONED', shards: 1, retentionHours: 24 } as const;
const SHARD = 'shardId-000000000000';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

const put = (text: string) => aws.engine.put('Events', { data: Buffer.from(text), partitionKey: 'k' });

test('a stream of the template is created once and found again after a restart', async () => {
  const created = await aws.engine.apply(definition);
  const { sequenceNumber } = await put('one');
  await aws.restart();

  expect(created).toEqual({ name: 'Events', arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/Events' });
  expect(await aws.engine.apply(definition)).toEqual(created);
  const { records, millisBehindLatest, ended } = await aws.engine.read(
    created.arn,
    SHARD,
    { type: 'TRIM_HORIZON' },
    10,
  );
  expect(records).toEqual([
    { sequenceNumber, partitionKey: 'k', data: Buffer.from('one'), approximateArrivalTimestamp: aws.clock.now },
  ]);
  expect({ millisBehindLatest, ended }).toEqual({ millisBehindLatest: 0, ended: false });
});

test('reading goes on after a sequence number', async () => {
  await aws.engine.apply(definition);
  const { sequenceNumber } = await put('one');
  await put('two');

  const { records } = await aws.engine.read('Events', SHARD, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, 10);

  expect(records.map(({ data }) => data.toString())).toEqual(['two']);
});

test('a changed definition changes the stream: retention, record size and shards', async () => {
  await aws.engine.apply(definition);
  await put('before');
  await aws.engine.apply({ ...definition, shards: 2, retentionHours: 48, maxRecordBytes: 2 << 20 });

  const { StreamDescriptionSummary } = await aws.call('DescribeStreamSummary', { StreamName: 'Events' });
  const shards = await aws.engine.shards('Events');
  const parent = await aws.engine.read('Events', SHARD, { type: 'TRIM_HORIZON' }, 10);

  expect(StreamDescriptionSummary).toMatchObject({
    OpenShardCount: 2,
    RetentionPeriodHours: 48,
    MaxRecordSizeInKiB: 2048,
  });
  expect(shards).toEqual([
    { shardId: SHARD, closed: true },
    { shardId: 'shardId-000000000001', parentShardId: SHARD, closed: false },
    { shardId: 'shardId-000000000002', parentShardId: SHARD, closed: false },
  ]);
  expect(parent.records.map(({ data }) => data.toString())).toEqual(['before']);
  expect(parent.ended).toBe(true);
});

test('a removed stream is gone, also after a restart; removing it again does nothing', async () => {
  await aws.engine.apply(definition);
  await aws.engine.remove('Events');
  await aws.restart();

  await expect(put('x')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  await aws.engine.remove('Events');
});

test('a consumer is registered once and keeps its ARN', async () => {
  const { arn } = await aws.engine.apply(definition);
  const consumer = await aws.engine.applyConsumer(arn, 'reader');
  aws.clock.now += 60_000;
  await aws.restart();

  expect(await aws.engine.applyConsumer('Events', 'reader')).toEqual(consumer);
  await aws.engine.removeConsumer(consumer.arn);
  expect((await aws.call('ListStreamConsumers', { StreamARN: arn })).Consumers).toEqual([]);
});

test('the 1,001st record of a second is refused as PutRecord refuses it', async () => {
  await aws.engine.apply(definition);
  const Records = Array.from({ length: 500 }, () => ({ Data: base64('x'), PartitionKey: 'k' }));
  await aws.call('PutRecords', { StreamName: 'Events', Records });
  await aws.call('PutRecords', { StreamName: 'Events', Records });

  await expect(put('x')).rejects.toMatchObject({ code: 'ProvisionedThroughputExceededException' });
  aws.clock.now += 1;
  await expect(put('x')).resolves.toMatchObject({ shardId: SHARD });
});

test('what the engine does not serve is an unknown operation', async () => {
  expect(await aws.refused('EnableEnhancedMonitoring')).toEqual({
    code: 'UnknownOperationException',
    message: 'EnableEnhancedMonitoring is not served locally.',
  });
});
