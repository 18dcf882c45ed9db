import { expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { Topic } from '../../../lib/mqs/topic.ts';
import { IdleCost } from '../../../lib/platform/idle-cost.ts';
import { annotationsOf, sandbox, topicOf } from '../sandbox.ts';

test('shards, secrets and alarms make up what an idle integration costs', () => {
  const box = sandbox();
  const before = new IdleCost(0).dollarsOf(box.stack);
  topicOf(box);

  expect(before).toBeCloseTo(0.4);
  expect(new IdleCost(0).dollarsOf(box.stack)).toBeCloseTo(0.4 + 3 * 0.015 * 730);
});

test.each([
  [3, 3 * 0.015 * 730],
  ['on-demand' as const, 0],
])(
  'enhanced fan-out costs a shard as much again, and nothing while an on-demand topic is idle: %s',
  (partitions, cost) => {
    const box = sandbox();
    const topic = new Topic(box.stack, 'Events', { app: box.owner, partitions });
    const before = new IdleCost(0).dollarsOf(box.stack);
    new StreamConsumer(box.stack, 'Consumer', { stream: topic.stream, streamConsumerName: 'fast' });

    expect(new IdleCost(0).dollarsOf(box.stack) - before).toBeCloseTo(cost);
  },
);

test('the database is most of what an idle platform costs, and nothing where it may pause', () => {
  const { platform } = sandbox();

  expect(new IdleCost(0.5).dollarsOf(platform) - new IdleCost(0).dollarsOf(platform)).toBeCloseTo(0.5 * 0.12 * 730);
});

test('synthesis says so', () => {
  const { platform } = sandbox();

  annotationsOf(platform).hasInfo('/Platform', Match.stringLikeRegexp('^Platform costs about \\$\\d+ a month'));
});
