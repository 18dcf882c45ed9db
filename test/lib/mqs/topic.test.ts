import { expect, test } from '@jest/globals';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { MessageQueryApi, ProduceApi } from '../../../lib/apic/topic-api.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Topic, type TopicProps } from '../../../lib/mqs/topic.ts';
import { annotationsOf, onlyResource, resourceNamed, resourcesOf, sandbox, sensorOf, topicOf } from '../sandbox.ts';

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

test('grants of a stack are one resource, what is granted twice adds up, and the owner needs none', () => {
  const place = sandbox();
  const topic = topicOf(place);
  const [city, shop] = ['City', 'Shop'].map((id) => new IntegrationApp(place.stack, id)) as [
    IntegrationApp,
    IntegrationApp,
  ];
  topic.grantTo(city, 'publish');
  topic.grantTo(city, 'subscribe');
  topic.grantTo(place.owner);
  new ProduceApi(place.stack, 'Produce', { group: new ApiGroup(place.stack, 'Apis'), topic }).grantTo(shop);

  expect(onlyResource(place.stack, 'Custom::CausewayTopicGrants').Properties).toMatchObject({
    Topic: 'Events',
    Grants: [
      { App: 'City', Permission: 'publish+subscribe' },
      { App: 'Shop', Permission: 'publish' },
    ],
  });
  expect(Object.keys(resourcesOf(place.stack, 'Custom::CausewayGrants'))).toEqual([]);
});

test('apps produce and look up by functions that may do that with the one topic and nothing else', () => {
  const place = sandbox();
  const group = new ApiGroup(place.stack, 'Apis');
  const topic = topicOf(place);
  new ProduceApi(place.stack, 'Produce', { group, topic });
  new MessageQueryApi(place.stack, 'Query', { group, topic });
  const actions = (id: string) =>
    (
      resourceNamed(place.stack, 'AWS::IAM::Policy', id).Properties['PolicyDocument'] as {
        Statement: { Action: string | string[] }[];
      }
    ).Statement.flatMap(({ Action }) => Action).filter((action) => action.startsWith('kinesis:'));

  expect(actions('ProduceFunction')).toEqual(['kinesis:PutRecords']);
  expect(actions('QueryFunction')).toEqual(['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards']);
});

test('a topic that may only be read has no API to produce, grants nobody to publish, and lets no principal write', () => {
  const { stack, topic } = topicWith({ permission: 'subscribe' });
  const group = new ApiGroup(stack, 'Apis');
  const role = new Role(stack, 'Role', { assumedBy: new AccountPrincipal('123456789012') });

  expect(() => new ProduceApi(stack, 'Produce', { group, topic })).toThrow('Lot/Produce: topic: received "Events"');
  expect(() => topic.grantTo(new IntegrationApp(stack, 'City'), 'publish')).toThrow('Lot/Events: grantTo: received');
  expect(() => topic.grantWrite(role)).toThrow('what its permission holds: subscribe');
  expect(() => topicWith({ permission: 'all' as 'publish' })).toThrow('Lot/Events: permission: received "all"');
});

test('a principal of AWS reads and writes the stream by rights on it alone', () => {
  const { stack, topic } = topicWith({});
  const role = new Role(stack, 'Partner', { assumedBy: new AccountPrincipal('123456789012') });
  topic.grantRead(role);
  topic.grantWrite(role);

  const { PolicyDocument } = resourceNamed(stack, 'AWS::IAM::Policy', 'PartnerDefaultPolicy').Properties as {
    PolicyDocument: { Statement: { Action: string[]; Resource: object }[] };
  };
  expect(PolicyDocument.Statement.flatMap(({ Action }) => Action)).toEqual(
    expect.arrayContaining(['kinesis:GetRecords', 'kinesis:PutRecords']),
  );
  expect(new Set(PolicyDocument.Statement.map(({ Resource }) => JSON.stringify(Resource))).size).toBe(1);
});

test.each<[NonNullable<TopicProps['partitionKey']>, string]>([
  ['device', '${topic(3)}'],
  ['random', '${newuuid()}'],
  [{ spread: 8 }, "${concat(topic(3), '-', floor(rand() * 8))}"],
])('a rule puts messages under the key of the topic: %j', (partitionKey, template) => {
  const place = sandbox();
  const topic = new Topic(place.stack, 'Events', { app: place.owner, partitionKey });
  new ForwardingRule(place.stack, 'Rule', { product: sensorOf(place), topic });

  expect(onlyResource(place.stack, 'AWS::IoT::TopicRule').Properties).toMatchObject({
    TopicRulePayload: { Actions: [{ Kinesis: { PartitionKey: template } }] },
  });
});

test('whoever gives up the order of a device is warned of it', () => {
  const warned = (props: Partial<TopicProps>) =>
    annotationsOf(topicWith(props).stack).findWarning('/Lot/Events', Match.stringLikeRegexp('any order')).length;

  expect([warned({ partitionKey: 'random' }), warned({ partitionKey: { spread: 2 } }), warned({})]).toEqual([1, 1, 0]);
});

test('into a topic with filter fields nothing goes but past the mask, also what fails', () => {
  const place = sandbox();
  const topic = new Topic(place.stack, 'Events', { app: place.owner, filterFields: ['plate'] });
  new ForwardingRule(place.stack, 'Rule', { product: sensorOf(place), topic });
  const role = new Role(place.stack, 'Role', { assumedBy: new AccountPrincipal('123456789012') });
  const mask = { Lambda: { FunctionArn: { 'Fn::GetAtt': [expect.stringMatching(/^EventsIntakeMask/), 'Arn'] } } };

  expect(onlyResource(place.stack, 'AWS::IoT::TopicRule').Properties).toMatchObject({
    TopicRulePayload: { Actions: [mask], ErrorAction: mask },
  });
  expect(JSON.stringify(resourcesOf(place.stack, 'AWS::IAM::Policy'))).not.toContain('kinesis:PutRecord"');
  expect(() => topic.grantWrite(role)).toThrow('what is written past the mask is not masked');
});

test('a field that is masked cannot be the partition key, which is not', () => {
  expect(() => topicWith({ partitionKey: { field: 'visit.plate' }, filterFields: ['plate'] })).toThrow(
    'Lot/Events: partitionKey: received {"field":"visit.plate"}; allowed: a field that is not masked',
  );
});

test('tags are those of the stream', () => {
  const { Properties } = onlyResource(topicWith({ tags: { team: 'city' } }).stack, 'AWS::Kinesis::Stream');

  expect(Properties['Tags']).toContainEqual({ Key: 'team', Value: 'city' });
});
