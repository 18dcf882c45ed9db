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
  aws.refused('DecreaseStreamRetentionPeriod', { StreamARN: ARN, RetentionPeriodHours });

test('retention shrinks down to 24 hours and never grows this way', async () => {
  await aws.call('IncreaseStreamRetentionPeriod', { StreamName: 'Events', RetentionPeriodHours: 72 });

  expect((await set(96)).code).toBe('InvalidArgumentException');
  expect((await set(23)).code).toBe('InvalidArgumentException');
  expect((await set(24)).code).toBe('none');
});
