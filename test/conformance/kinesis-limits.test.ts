import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createStreamEngine } from '../../local/stream/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { refused } from './refused.ts';

const MEBIBYTE = 1 << 20;
const StreamARN = (name: string) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;

let aws: Endpoint;
let client: KinesisClient;
/** Milliseconds since the epoch, while time is to stand still. */
let frozen: number | undefined;

beforeAll(async () => {
  aws = await endpoint({ stream: (host) => createStreamEngine(host, { now: () => frozen ?? Date.now() }) });
  client = new KinesisClient(aws.client);
});

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
});

async function stream(StreamName: string, ShardCount = 1): Promise<string> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount }));

  return StreamName;
}

const put = (StreamName: string, Data: Uint8Array, PartitionKey = 'k') =>
  client.send(new PutRecordCommand({ StreamName, Data, PartitionKey }));
const putMany = (StreamName: string, count: number, Data: Uint8Array) =>
  client.send(
    new PutRecordsCommand({ StreamName, Records: Array.from({ length: count }, () => ({ Data, PartitionKey: 'k' })) }),
  );

test('a record has at most 1 MiB with its key', async () => {
  const StreamName = await stream('OneRecord');

  expect((await refused(put(StreamName, new Uint8Array(MEBIBYTE - 1)))).name).toBe('none');
  expect(await refused(put(StreamName, new Uint8Array(MEBIBYTE)))).toEqual({
    name: 'ValidationException',
    message: expect.stringContaining('Member must have length less than or equal to 1048576'),
  });
});

test('a partition key has at most 256 characters', async () => {
  const StreamName = await stream('Keys');

  expect((await refused(put(StreamName, new Uint8Array(1), 'k'.repeat(256)))).name).toBe('none');
  expect(await refused(put(StreamName, new Uint8Array(1), 'k'.repeat(257)))).toEqual({
    name: 'ValidationException',
    message: expect.stringContaining('Member must have length less than or equal to 256'),
  });
});

test('a call has at most 500 records and 10 MiB', async () => {
  const StreamName = await stream('Calls');

  expect(await refused(putMany(StreamName, 501, new Uint8Array(1)))).toEqual({
    name: 'ValidationException',
    message: expect.stringContaining('Member must have length less than or equal to 500'),
  });
  expect(await refused(putMany(StreamName, 11, new Uint8Array(MEBIBYTE - 1)))).toEqual({
    name: 'InvalidArgumentException',
    message: 'Records size exceeds 10 MB limit',
  });
});

test('a shard takes 1,000 records and 1 MiB a second, and refuses the rest record by record', async () => {
  const [many, large] = [await stream('ManyRecords'), await stream('LargeRecords')];

  frozen = Date.now();
  const counts = await Promise.all([1, 2, 3].map(() => putMany(many, 500, new Uint8Array(1))));
  const { Records = [] } = await putMany(large, 5, new Uint8Array(MEBIBYTE / 4 - 1));
  frozen = undefined;

  const refusedRecords = counts.flatMap((one) => one.Records ?? []).filter(({ ErrorCode }) => ErrorCode !== undefined);
  expect(refusedRecords).toHaveLength(500);
  expect(refusedRecords[0]).toMatchObject({
    ErrorCode: 'ProvisionedThroughputExceededException',
    ErrorMessage: expect.stringContaining('Rate exceeded for shard'),
  });
  expect(Records.map(({ ErrorCode }) => ErrorCode ?? 'taken')).toEqual([
    ...Array(4).fill('taken'),
    'ProvisionedThroughputExceededException',
  ]);
});

test('a shard is read five times a second, and 10,000 records a call', async () => {
  const StreamName = await stream('Read');
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const read = (Limit?: number) => refused(client.send(new GetRecordsCommand({ ShardIterator, Limit })));

  expect((await read(10_001)).name).toBe('ValidationException');
  frozen = Date.now();
  const reads = await Promise.all(Array.from({ length: 7 }, () => read(10_000)));
  frozen = undefined;

  expect(reads.map(({ name }) => name)).toEqual([
    ...Array(5).fill('none'),
    ...Array(2).fill('ProvisionedThroughputExceededException'),
  ]);
});

test('a stream is kept for 24 to 8,760 hours and has at most 20 consumers', async () => {
  const StreamName = await stream('Kept');
  const keep = (RetentionPeriodHours: number) =>
    refused(client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours })));
  const consumer = (n: number) =>
    refused(
      client.send(
        new RegisterStreamConsumerCommand({ StreamARN: StreamARN(StreamName), ConsumerName: `consumer-${n}` }),
      ),
    );

  expect((await keep(8761)).name).toBe('InvalidArgumentException');
  expect((await keep(8760)).name).toBe('none');
  for (let n = 0; n < 20; n += 1) expect((await consumer(n)).name).toBe('none');
  expect((await consumer(20)).name).toBe('LimitExceededException');
});

test('the largest record of a stream is set from 1 to 10 MiB, and one on demand begins with four shards', async () => {
  const create = (StreamName: string, MaxRecordSizeInKiB: number) =>
    refused(client.send(new CreateStreamCommand({ StreamName, MaxRecordSizeInKiB })));

  expect((await create('TooLarge', 10_241)).name).toBe('ValidationException');
  expect((await create('TooSmall', 1023)).name).toBe('ValidationException');
  expect((await create('Large', 10_240)).name).toBe('none');
  expect((await client.send(new ListShardsCommand({ StreamName: 'Large' }))).Shards).toHaveLength(4);
});
