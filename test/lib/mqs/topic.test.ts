import { expect, test } from '@jest/globals';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Topic, type TopicProps } from '../../../lib/mqs/topic.ts';
import { onlyResource, sandbox, topicOf } from '../sandbox.ts';

function topicWith(props: Partial<TopicProps>) {
  const { stack, owner } = sandbox();

  return { stack, topic: new Topic(stack, 'Events', { app: owner, ...props }) };
}

test('a topic has three partitions, keeps messages for three days, encrypted, and stays when its stack goes', () => {
  const { stack } = topicWith({});

  expect(onlyResource(stack, 'AWS::Kinesis::Stream')).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: {
      ShardCount: 3,
      RetentionPeriodHours: 72,
      StreamEncryption: { EncryptionType: 'KMS' },
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    },
  });
});

test('on demand has no number of partitions', () => {
  const { Properties } = onlyResource(topicWith({ partitions: 'on-demand' }).stack, 'AWS::Kinesis::Stream');

  expect(Properties).toMatchObject({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  expect(Properties).not.toHaveProperty('ShardCount');
});

test('the limits are allowed', () => {
  const { stack } = topicWith({ partitions: 100, retention: Duration.hours(8760), name: 'abc' });

  expect(onlyResource(stack, 'AWS::Kinesis::Stream').Properties).toMatchObject({
    ShardCount: 100,
    RetentionPeriodHours: 8760,
  });
});

test('values known only at deployment pass', () => {
  const partitions = Lazy.number({ produce: () => 5 });

  expect(onlyResource(topicWith({ partitions }).stack, 'AWS::Kinesis::Stream').Properties).toMatchObject({
    ShardCount: 5,
  });
});

test.each<[string, Partial<TopicProps>]>([
  ['partitions', { partitions: 0 }],
  ['partitions', { partitions: 101 }],
  ['partitions', { partitions: 1.5 }],
  ['retention', { retention: Duration.hours(8761) }],
  ['retention', { retention: Duration.minutes(24 * 60 + 30) }],
  ['name', { name: 'ab' }],
  ['name', { name: 'with space' }],
  ['description', { description: 'x'.repeat(1001) }],
])('%s is refused: %j', (setting, props) => {
  expect(() => topicWith(props)).toThrow(`Lot/Events: ${setting}: received`);
});

test('less than a day is refused with the reason', () => {
  expect(() => topicWith({ retention: Duration.hours(23) })).toThrow(
    'Lot/Events: retention: received "23 hours"; allowed: 24 to 8760 hours (Kinesis keeps messages for at least a day)',
  );
});

test('readers see what the rules of the topic say, and device information when it has none', () => {
  const topic = topicOf(sandbox());
  expect(topic.readerView).toEqual({ base64: false, deviceInfo: true });

  topic.forwardedBy(new Construct(topic, 'Rule'), { base64: true, deviceInfo: false });

  expect(topic.readerView).toEqual({ base64: true, deviceInfo: false });
});

test('two rules of one topic must show readers the same', () => {
  const topic = topicOf(sandbox());
  topic.forwardedBy(new Construct(topic, 'One'), { base64: false, deviceInfo: true });

  expect(() => topic.forwardedBy(new Construct(topic, 'Two'), { base64: true, deviceInfo: true })).toThrow(
    'those of Lot/Events/One, which forwards to the same topic',
  );
});
