import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { RealtimeTask, type RealtimeTaskProps } from '../../../lib/fdi/realtime-task.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { onlyResource, resourceNamed, resourcesOf, sandbox, sensorOf, tableOf, topicOf } from '../sandbox.ts';

function taskWith(props: Partial<RealtimeTaskProps> = {}) {
  const box = sandbox();
  const topic = topicOf(box);
  const table = tableOf(box);
  const task = new RealtimeTask(box.stack, 'Task', {
    app: box.owner,
    source: { topic, fields: { Id: 'data.id' } },
    target: { table, write: 'insert' },
    ...props,
  });

  return { ...box, topic, table, task };
}

function taskOf({ stack }: ReturnType<typeof taskWith>): Record<string, unknown> {
  return onlyResource(stack, 'Custom::CausewayTask').Properties;
}

test('a task is stopped until somebody starts it, reads from the oldest message and writes 1,000 at once', () => {
  expect(taskOf(taskWith())).toMatchObject({
    Task: 'Task',
    Started: false,
    StartingPosition: 'earliest',
    BatchSize: 1000,
    BatchingWindowSeconds: 0,
  });
});

test('its definition holds what the construct says, and the defaults', () => {
  const { Definition } = taskOf(taskWith()) as { Definition: string };

  expect(JSON.parse(Definition)).toEqual({
    name: 'Task',
    source: {
      topic: 'Events',
      parse: true,
      dataType: 'JSON',
      timeZone: 'GMT+8',
      base64: false,
      deviceInfo: true,
      metadata: [{ alias: 'Id', path: 'data.id', type: 'string' }],
    },
    target: { table: 'Spaces', write: 'insert', keys: [] },
    mapping: 'by-name',
    delivery: 'effectively-once',
  } satisfies TopicTask);
});

test('its lanes are part of the definition', () => {
  const { Definition } = taskOf(taskWith({ parallelization: 10 })) as { Definition: string };

  expect(JSON.parse(Definition)).toMatchObject({ parallelization: 10 });
});

test.each([0, 11, 2.5])('%s lanes are refused', (parallelization) => {
  expect(() => taskWith({ parallelization })).toThrow(
    `parallelization: received ${parallelization}; allowed: a whole number from 1 to 10`,
  );
});

test('the switches of a rule reach the task, also of a rule that is declared after it', () => {
  const box = taskWith();
  new ForwardingRule(box.stack, 'Rule', { product: sensorOf(box), topic: box.topic, base64: true });
  const { Definition } = taskOf(box) as { Definition: string };

  expect(JSON.parse(Definition).source).toMatchObject({ base64: true, deviceInfo: true });
});

test('a rule that makes messages unreadable for the task is refused at synthesis', () => {
  const box = taskWith();
  new ForwardingRule(box.stack, 'Rule', {
    product: sensorOf(box),
    topic: box.topic,
    base64: true,
    deviceInfo: false,
  });

  expect(() => taskOf(box)).toThrow(/Lot\/Task: source.parse: received true/);
});

test('the column that shows the latency is for people: the consumer is not told', () => {
  const box = sandbox();
  const task = new RealtimeTask(box.stack, 'Task', {
    app: box.owner,
    source: { topic: topicOf(box), fields: { Id: 'data.id' } },
    target: { table: tableOf(box), write: 'insert', writtenAtColumn: 'WrittenAt' },
  });
  const entries = onlyResource(box.stack, 'Custom::CausewayCatalog').Properties['Entries'] as { kind: string }[];

  expect(task.definition().target).not.toHaveProperty('writtenAtColumn');
  expect(JSON.stringify(entries.find(({ kind }) => kind === 'task'))).toContain('WrittenAt');
});

test('the table and the rights are there before the task', () => {
  const box = taskWith();
  const needed = [
    ...Object.keys(resourcesOf(box.stack, 'Custom::CausewayMigration')),
    ...Object.keys(resourcesOf(box.stack, 'Custom::CausewayCatalog')),
    // Not what a reset may: nobody resets a task that is being made.
    ...Object.keys(resourcesOf(box.stack, 'AWS::IAM::ManagedPolicy')).filter((id) => /(manage|provision)Task/.test(id)),
  ];

  expect(needed).toHaveLength(4);
  expect(onlyResource(box.stack, 'Custom::CausewayTask').DependsOn).toEqual(expect.arrayContaining(needed));
});

test('the platform may change the event source of this consumer only', () => {
  const box = taskWith();
  const policies = Object.entries(resourcesOf(box.stack, 'AWS::IAM::ManagedPolicy')).filter(([id]) => /Task/.test(id));

  expect(policies).toHaveLength(3);
  for (const [, { Properties }] of policies) {
    const { Statement } = Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] };
    const consumer = { 'Fn::GetAtt': [expect.stringContaining('TaskConsumer'), 'Arn'] };
    const own = Statement.filter(({ Action }) => JSON.stringify(Action).includes('EventSourceMapping'));
    expect(own.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [
        ['lambda:CreateEventSourceMapping', 'lambda:DeleteEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
        // Itself, and its aliases: one for each epoch.
        { StringLike: { 'lambda:FunctionArn': [consumer, { 'Fn::Join': ['', [consumer, ':epoch-*']] }] } },
      ],
    ]);
  }
});

test('the consumer may read its topic, write as the user for rows, and get the models of products', () => {
  const { stack } = taskWith();
  const { Properties } = resourceNamed(stack, 'AWS::IAM::Policy', 'TaskConsumer');
  const { Statement } = Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] };

  expect(Statement.flatMap(({ Action }) => Action)).toEqual([
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
    'kinesis:ListStreams',
    'rds-data:BeginTransaction',
    'rds-data:CommitTransaction',
    'rds-data:ExecuteStatement',
    'rds-data:RollbackTransaction',
    'secretsmanager:GetSecretValue',
    'dynamodb:GetItem',
  ]);
});

test('with enhanced fan-out it has a consumer of its own in its topic, which its function may subscribe with', () => {
  const box = taskWith({ enhancedFanOut: true, name: 'Fast' });
  const [[id] = [''], second] = Object.entries(resourcesOf(box.stack, 'AWS::Kinesis::StreamConsumer'));
  const consumerArn = { 'Fn::GetAtt': [id, 'ConsumerARN'] };
  const { Properties } = resourceNamed(box.stack, 'AWS::IAM::Policy', 'TaskConsumer');

  expect(second).toBeUndefined();
  expect(onlyResource(box.stack, 'AWS::Kinesis::StreamConsumer').Properties).toMatchObject({
    ConsumerName: 'Fast',
    StreamARN: { 'Fn::GetAtt': [expect.stringContaining('Events'), 'Arn'] },
  });
  expect(taskOf(box)).toMatchObject({ ConsumerArn: consumerArn });
  expect(Properties['PolicyDocument']).toMatchObject({
    Statement: expect.arrayContaining([
      expect.objectContaining({
        Action: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
        Resource: consumerArn,
      }),
    ]),
  });
});

test('without it there is none', () => {
  const box = taskWith();

  expect(resourcesOf(box.stack, 'AWS::Kinesis::StreamConsumer')).toEqual({});
  expect(taskOf(box)).not.toHaveProperty('ConsumerArn');
});

const OF_TASK = [
  { Name: 'Environment', Value: 'production' },
  { Name: 'Task', Value: 'Task' },
];

test('the ledger may count the topic of a task, once for all its tasks', () => {
  const { stack, topic, table, owner } = taskWith();
  new RealtimeTask(stack, 'Second', {
    app: owner,
    source: { topic, fields: { Id: 'data.id' } },
    target: { table, write: 'insert' },
  });
  const { Properties } = resourceNamed(stack, 'AWS::IAM::ManagedPolicy', 'AllowkeepLedger');

  expect(Properties['PolicyDocument']).toMatchObject({
    Statement: [
      {
        Action: [
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
      },
    ],
  });
});

test('alarms watch the age of the oldest message, a consumer that dies, the ledger and a task that does nothing', () => {
  const { stack } = taskWith({ alarmAge: Duration.minutes(10) });
  const alarms = Object.values(resourcesOf(stack, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

  expect(alarms).toEqual([
    expect.objectContaining({ MetricName: 'IteratorAge', Statistic: 'Maximum', Threshold: 600_000 }),
    expect.objectContaining({ MetricName: 'Errors', Threshold: 0 }),
    expect.objectContaining({
      MetricName: 'LedgerDifference',
      Statistic: 'Maximum',
      Dimensions: OF_TASK,
      Threshold: 0,
    }),
    expect.objectContaining({ MetricName: 'DeadTask', Statistic: 'Minimum', Dimensions: OF_TASK, Threshold: 0 }),
  ]);
});

test.each<[string, Partial<RealtimeTaskProps>]>([
  ['name', { name: 'x' }],
  ['batchSize', { batchSize: 0 }],
  ['batchSize', { batchSize: 10_001 }],
  ['batchingWindow', { batchingWindow: Duration.seconds(301) }],
  ['delivery', { delivery: 'exactly-once' as 'effectively-once' }],
  ['mapping', { mapping: [] }],
])('%s is refused: %j', (setting, props) => {
  expect(() => taskWith(props)).toThrow(`Lot/Task: ${setting}: received`);
});

test('where reading begins is earliest or latest', () => {
  const box = sandbox();
  const source = { topic: topicOf(box), fields: { Id: 'data.id' }, from: 'now' as 'latest' };
  const target = { table: tableOf(box), write: 'insert' as const };

  expect(() => new RealtimeTask(box.stack, 'Task', { app: box.owner, source, target })).toThrow(
    'Lot/Task: source.from: received "now"',
  );
});

test('an upsert needs to know which columns tell rows apart', () => {
  const box = sandbox();
  const source = { topic: topicOf(box), fields: { Id: 'data.id' } };
  const target = { table: tableOf(box), write: 'upsert' as const };

  expect(() => new RealtimeTask(box.stack, 'Task', { app: box.owner, source, target })).toThrow(
    'Lot/Task: target.keys: received []',
  );
});
