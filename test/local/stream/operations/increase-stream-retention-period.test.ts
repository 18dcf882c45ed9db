import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

const set = (RetentionPeriodHours: number) =>
  aws.refused('IncreaseStreamRetentionPeriod', { StreamName: 'Events', RetentionPeriodHours });

test('retention grows up to 8,760 hours and never shrinks this way', async () => {
  expect((await set(8760)).code).toBe('none');
  expect((await set(48)).code).toBe('InvalidArgumentException');
  expect((await set(8761)).code).toBe('InvalidArgumentException');

  const { StreamDescriptionSummary } = await aws.call('DescribeStreamSummary', { StreamARN: ARN });
  expect(StreamDescriptionSummary.RetentionPeriodHours).toBe(8760);
});
