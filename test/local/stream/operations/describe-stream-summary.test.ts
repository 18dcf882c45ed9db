import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a summary counts open shards and consumers', async () => {
  await aws.call('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });

  const { StreamDescriptionSummary } = await aws.call('DescribeStreamSummary', { StreamName: 'Events' });

  expect(StreamDescriptionSummary).toEqual({
    StreamName: 'Events',
    StreamARN: ARN,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: aws.clock.now / 1000,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
    OpenShardCount: 1,
    ConsumerCount: 1,
    MaxRecordSizeInKiB: 1024,
  });
});
