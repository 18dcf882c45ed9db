import {
  CreateStreamCommand,
  EnableEnhancedMonitoringCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  ResourceNotFoundException,
  type Shard,
  ShardIteratorType,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStreamEngine } from '../../local/stream/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

let aws: Endpoint;

beforeAll(async () => {
  aws = await endpoint({ stream: createStreamEngine });
});

afterAll(() => aws?.stop());

// The client speaks HTTP/2 unless told otherwise, also to an address that begins with http://.
describe.each([
  ['its own HTTP/2', undefined],
  ['HTTP/1.1', new SecretsManagerClient({ region: 'us-east-1' }).config.requestHandler],
] as const)('the SDK over %s', (protocol, requestHandler) => {
  const StreamName = `Events-${protocol.length}`;
  let client: KinesisClient;

  beforeAll(() => {
    client = new KinesisClient({ ...aws.client, ...(requestHandler !== undefined && { requestHandler }) });
  });

  afterAll(() => client.destroy());

  test('a stream is created and waited for', async () => {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 4 }));

    const { state } = await waitUntilStreamExists({ client, maxWaitTime: 20 }, { StreamName });
    expect(state).toBe('SUCCESS');
  });

  test('what is put is read in order, byte by byte, with the time it arrived', async () => {
    const before = Date.now();
    const bytes = Array.from({ length: 300 }, (_, index) => new Uint8Array([index & 255, index >> 8, 0, 255]));
    const single = await client.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(), PartitionKey: 'one' }));
    const { FailedRecordCount, Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName,
        Records: bytes.map((Data, index) => ({ Data, PartitionKey: `device-${index % 10}` })),
      }),
    );

    const read = (await shards()).flatMap(({ records }) => records);
    expect(FailedRecordCount).toBe(0);
    expect(read).toHaveLength(301);
    expect(read.map(({ SequenceNumber }) => SequenceNumber).sort()).toEqual(
      [single, ...Records].map(({ SequenceNumber }) => SequenceNumber).sort(),
    );
    for (let device = 0; device < 10; device++) {
      const own = read.filter(({ PartitionKey }) => PartitionKey === `device-${device}`);
      expect(own.map(({ Data }) => [...(Data ?? [])])).toEqual(
        bytes.filter((_, index) => index % 10 === device).map((Data) => [...Data]),
      );
    }
    for (const { ApproximateArrivalTimestamp } of read) {
      expect(ApproximateArrivalTimestamp?.getTime()).toBeGreaterThanOrEqual(before);
    }
  });

  test('a record of 1 MiB and a call of 5 MiB pass', async () => {
    const StreamNames = `Large-${protocol.length}`;
    await client.send(new CreateStreamCommand({ StreamName: StreamNames, ShardCount: 10 }));
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: StreamNames }));
    const Records = Shards.slice(0, 5).map(({ HashKeyRange }) => ({
      Data: new Uint8Array((1 << 20) - 1).fill(7),
      PartitionKey: 'k',
      ExplicitHashKey: HashKeyRange?.StartingHashKey,
    }));

    const answer = await client.send(new PutRecordsCommand({ StreamName: StreamNames, Records }));
    expect(answer.FailedRecordCount).toBe(0);
  });

  test('errors are the exceptions of the SDK', async () => {
    await expect(
      client.send(new PutRecordCommand({ StreamName: 'Nowhere', Data: new Uint8Array(), PartitionKey: 'k' })),
    ).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(
      client.send(new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['ALL'] })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  test('what IAM denies does not happen', async () => {
    aws.denied.add('kinesis:PutRecord');
    await expect(
      client.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(), PartitionKey: 'k' })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    aws.denied.clear();
  });

  async function shards() {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));

    return Promise.all(
      Shards.map(async ({ ShardId }: Shard) => {
        const { ShardIterator } = await client.send(
          new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: ShardIteratorType.TRIM_HORIZON }),
        );
        const { Records: records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));

        return { ShardId, records };
      }),
    );
  }
});
