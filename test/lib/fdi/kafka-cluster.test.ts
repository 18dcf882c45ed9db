import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { KafkaCluster, type KafkaClusterProps } from '../../../lib/fdi/kafka-cluster.ts';
import type { KafkaTopicOptions } from '../../../lib/fdi/kafka-topic.ts';
import { RealtimeTask, type RealtimeTaskProps } from '../../../lib/fdi/realtime-task.ts';
import { annotationsOf, onlyResource, resourcesOf, sandbox, tableOf } from '../sandbox.ts';

const BROKERS = ['kafka-1.example.com:9096', 'kafka-2.example.com:9096'];
const MSK = 'arn:aws:kafka:eu-central-1:111122223333:cluster/orders/11111111-2222-3333-4444-555555555555-1';

function secretOf(box: ReturnType<typeof sandbox>, id = 'Login') {
  return Secret.fromSecretCompleteArn(
    box.stack,
    id,
    `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${id}-abcdef`,
  );
}

function clusterWith(make: (box: ReturnType<typeof sandbox>) => KafkaClusterProps) {
  const box = sandbox();

  return { ...box, cluster: new KafkaCluster(box.stack, 'Kafka', make(box)) };
}

/** With a login by SCRAM. */
function taskWith({
  props = {},
  topic = {},
  cluster = (box) => ({ brokers: BROKERS, login: { mechanism: 'scram-sha-512', secret: secretOf(box) } }),
}: {
  readonly props?: Partial<RealtimeTaskProps>;
  readonly topic?: KafkaTopicOptions;
  readonly cluster?: (box: ReturnType<typeof sandbox>) => KafkaClusterProps;
} = {}) {
  const box = clusterWith(cluster);
  const task = new RealtimeTask(box.stack, 'Task', {
    app: box.owner,
    source: { topic: box.cluster.topic('rows', topic), fields: { Id: 'id', B: 'a.b' } },
    target: { table: tableOf(box), write: 'insert' },
    ...props,
  });

  return { ...box, task };
}

function feedOf({ stack }: ReturnType<typeof taskWith>) {
  const { Kafka } = onlyResource(stack, 'Custom::CausewayTask').Properties;

  return JSON.parse(String(Kafka));
}

function statementsOf({ stack }: ReturnType<typeof taskWith>): Record<string, unknown>[] {
  const policies = Object.entries(resourcesOf(stack, 'AWS::IAM::Policy')).filter(([id]) => id.includes('TaskConsumer'));

  return policies.flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: [] }).Statement);
}

test('a task is fed from several brokers with a login, by provisioned pollers, in a group of its own', () => {
  const box = taskWith();

  expect(feedOf(box)).toEqual({
    topic: 'rows',
    brokers: BROKERS,
    access: [{ type: 'SASL_SCRAM_512_AUTH', uri: expect.stringContaining(':secret:Login-abcdef') }],
    group: 'causeway.production.Task',
    pollers: { min: 1, max: 10 },
  });
  expect(onlyResource(box.stack, 'Custom::CausewayTask').Properties).toMatchObject({
    StreamArn: 'kafka:Kafka:rows',
    StartingPosition: 'earliest',
  });
  expect(JSON.stringify(statementsOf(box))).toContain('secretsmanager:GetSecretValue');
});

test('its messages are the values of the records, with nothing around them', () => {
  expect(taskWith().task.definition().source).toMatchObject({ topic: 'rows', base64: false, deviceInfo: false });
});

test('SASL/PLAIN, mutual TLS, a private CA and a network are told to Lambda as it names them', () => {
  const access = (make: (box: ReturnType<typeof sandbox>) => Omit<KafkaClusterProps, 'brokers'>) =>
    clusterWith((box) => ({ brokers: BROKERS, ...make(box) })).cluster.access.map(({ type }) => type);

  expect(access((box) => ({ login: { mechanism: 'plain', secret: secretOf(box) } }))).toEqual(['BASIC_AUTH']);
  expect(
    access((box) => ({ login: { mechanism: 'certificate', secret: secretOf(box) }, ca: secretOf(box, 'Ca') })),
  ).toEqual(['CLIENT_CERTIFICATE_TLS_AUTH', 'SERVER_ROOT_CA_CERTIFICATE']);
  expect(
    access(({ stack }) => {
      const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });

      return { network: { vpc, securityGroups: [new SecurityGroup(stack, 'Pollers', { vpc: vpc as IVpc })] } };
    }),
  ).toEqual(['VPC_SUBNET', 'VPC_SUBNET', 'VPC_SECURITY_GROUP']);
});

test('MSK is reached by the role of the consumer, which may read this topic in groups of its own and nothing else', () => {
  const box = taskWith({ cluster: () => ({ mskArn: MSK }) });

  expect(feedOf(box)).toMatchObject({ clusterArn: MSK, access: [] });
  expect(feedOf(box)).not.toHaveProperty('brokers');
  const own = statementsOf(box).filter(({ Action }) => JSON.stringify(Action).includes('kafka'));
  expect(own).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
        Resource: MSK.replace(':cluster/', ':topic/').concat('/rows'),
      }),
      expect.objectContaining({
        Action: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
        Resource: MSK.replace(':cluster/', ':group/').concat('/causeway.*'),
      }),
    ]),
  );
});

test('what provisioned pollers cost while nothing comes is said at synthesis', () => {
  const { stack } = taskWith({ topic: { pollers: { min: 2 } } });

  expect(annotationsOf(stack).findInfo('*', Match.stringLikeRegexp('Task: .*\\$270 a month'))).toHaveLength(1);
});

test('pollers on demand cost nothing, and the consumer is told that Lambda knows no answer for a part of a batch', () => {
  expect(feedOf(taskWith({ topic: { pollers: 'on-demand' } }))).not.toHaveProperty('pollers');
});

test('the alarm of a task that falls behind counts records, because Lambda measures no age for Kafka', () => {
  const box = taskWith({ props: { alarmLag: 500 } });
  const alarms = Object.values(resourcesOf(box.stack, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

  expect(alarms).toContainEqual(expect.objectContaining({ MetricName: 'OffsetLag', Threshold: 500 }));
});

test.each<[string, (box: ReturnType<typeof sandbox>) => KafkaClusterProps, RegExp]>([
  ['neither brokers nor MSK', () => ({}), /brokers and mskArn.*one of the two/],
  ['both', () => ({ brokers: BROKERS, mskArn: MSK }), /one of the two/],
  ['no broker', () => ({ brokers: [] }), /at least one/],
  ['a broker without a port', () => ({ brokers: ['kafka'] }), /Kafka: brokers: received "kafka".*host:port/],
  ['an address of the metadata service', () => ({ brokers: ['169.254.169.254:9092'] }), /metadata/],
  ['IAM without MSK', () => ({ brokers: BROKERS, login: { mechanism: 'iam' } }), /IAM is of MSK/],
  ['another ARN', () => ({ mskArn: 'arn:aws:kinesis:x' }), /arn:aws:kafka/],
  [
    'SCRAM-256 of MSK',
    (box) => ({ mskArn: MSK, login: { mechanism: 'scram-sha-256', secret: secretOf(box) } }),
    /which MSK knows/,
  ],
  ['a CA of MSK', (box) => ({ mskArn: MSK, ca: secretOf(box) }), /AWS knows/],
  ['a CA for brokers nobody logs in to', (box) => ({ brokers: BROKERS, ca: secretOf(box) }), /`login` or a `network`/],
])('a cluster with %s is refused', (_, make, reason) => {
  expect(() => clusterWith(make)).toThrow(reason);
});

test.each<[string, Parameters<typeof taskWith>[0], RegExp]>([
  ['enhanced fan-out', { props: { enhancedFanOut: true } }, /Task: enhancedFanOut: received true.*topic of Kafka/],
  ['an alarm of age', { props: { alarmAge: Duration.minutes(1) } }, /alarmAge.*topic of Kafka/],
  ['too many pollers', { topic: { pollers: { min: 300 } } }, /pollers.min: received 300/],
  ['fewer pollers at most than at least', { topic: { pollers: { min: 5, max: 4 } } }, /pollers.max: received 4/],
])('a task with %s is refused', (_, parts, reason) => {
  expect(() => taskWith(parts)).toThrow(reason);
});

test('a topic whose name would not fit into a position is refused', () => {
  const { cluster } = clusterWith(() => ({ brokers: BROKERS, mskArn: undefined as never }));

  expect(() => cluster.topic('x'.repeat(118))).toThrow(/1 to 117/);
  expect(() => cluster.topic('a b')).toThrow(/1 to 117/);
});

test('a topic whose offsets have gaps says so to the ledger', () => {
  expect(feedOf(taskWith({ topic: { gaps: true } }))).toMatchObject({ gaps: true });
  expect(feedOf(taskWith())).not.toHaveProperty('gaps');
});

test('brokers of this machine, and brokers without login and network, are warned of: Lambda reaches neither', () => {
  const warned = (brokers: readonly string[]) =>
    annotationsOf(clusterWith(() => ({ brokers })).stack).findWarning('*', Match.anyValue()).length;

  expect([warned(['127.0.0.1:9092']), warned(BROKERS)]).toEqual([1, 1]);
});
