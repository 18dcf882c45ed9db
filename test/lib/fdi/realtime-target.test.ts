import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { KafkaCluster } from '../../../lib/fdi/kafka-cluster.ts';
import { RealtimeTask, type RealtimeTaskProps } from '../../../lib/fdi/realtime-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import {
  assetOf,
  onlyResource,
  resourceNamed,
  resourcesOf,
  type Sandbox,
  sandbox,
  tableOf,
  topicOf,
} from '../sandbox.ts';

const POSTGRESQL = 'jdbc:postgresql://erp.example.com:5432/erp?currentSchema=sales';

function taskInto(box: Sandbox, target: object, props: Partial<RealtimeTaskProps> = {}): RealtimeTask {
  return new RealtimeTask(box.stack, 'Task', {
    app: box.owner,
    source: { topic: topicOf(box), fields: { Id: 'data.id' } },
    target: target as RealtimeTaskProps['target'],
    ...props,
  });
}

test('a task into another database has its driver and its login, and a function that knows no other', () => {
  const box = sandbox();
  const secret = new Secret(box.stack, 'Password');
  taskInto(box, {
    database: { url: POSTGRESQL, user: 'causeway', password: { secret } },
    ...{ table: 'orders', write: 'upsert', keys: ['id'], onlyChanged: true },
  });

  const folder = assetOf(box.stack, 'TaskConsumer');
  expect(JSON.parse(readFileSync(join(folder, 'definitions.json'), 'utf8'))).toMatchObject({
    target: { kind: 'database', place: 'external', table: 'orders', write: 'upsert', keys: ['id'], onlyChanged: true },
  });
  expect([existsSync(join(folder, 'drivers/postgresql.mjs')), existsSync(join(folder, 'drivers/mysql.mjs'))]).toEqual([
    true,
    false,
  ]);
  expect(resourceNamed(box.stack, 'AWS::Lambda::Function', 'TaskConsumer').Properties).toMatchObject({
    Environment: {
      Variables: { TARGET_URL: POSTGRESQL, TARGET_USER: 'causeway', TARGET_SECRET_ARN: expect.anything() },
    },
  });
  const readers = ['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    Object.entries(resourcesOf(box.stack, type)).filter(([, policy]) =>
      JSON.stringify(policy).includes('Password67973E0B'),
    ),
  );
  // Its consumer, and what tests sources.
  expect(readers.map(([id]) => id)).toEqual([
    expect.stringMatching(/^TaskConsumer/),
    expect.stringMatching(/testSources/i),
  ]);
});

test('it is connected to its topic when its own function has found that the table takes it', () => {
  const box = sandbox();
  taskInto(box, { database: { url: POSTGRESQL }, table: 'orders', write: 'insert' });

  const { Properties } = onlyResource(box.stack, 'Custom::CausewayTargetCheck');
  expect(Properties).toMatchObject({ Hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(JSON.stringify(Properties)).toContain('TaskConsumer');
  expect(JSON.stringify(onlyResource(box.stack, 'Custom::CausewayTask'))).toMatch(/"DependsOn":[^\]]*TaskCheck/);
});

test('it is in the catalogue as what writes the table, and can be tested', () => {
  const box = sandbox();
  taskInto(box, { database: { url: POSTGRESQL }, table: 'orders', write: 'insert', eventTimeColumn: 'at' });

  const entries = JSON.stringify(onlyResource(box.stack, 'Custom::CausewayCatalog').Properties);
  expect(entries).toMatch(/Task\.target.*erp\.example\.com.*tester/);
});

test('of Kafka it has a function that answers by partition', () => {
  const box = sandbox();
  const cluster = new KafkaCluster(box.stack, 'Cluster', {
    brokers: ['kafka.example.com:9096'],
    login: { mechanism: 'scram-sha-512', secret: new Secret(box.stack, 'KafkaLogin') },
  });
  taskInto(
    box,
    { database: { url: 'jdbc:mysql://db.example.com/shop' }, table: 'orders', write: 'insert' },
    { source: { topic: cluster.topic('orders'), fields: { Id: 'id' } } },
  );

  const folder = assetOf(box.stack, 'TaskConsumer');
  expect(JSON.parse(readFileSync(join(folder, 'definitions.json'), 'utf8'))).toMatchObject({ answers: 'parts' });
  expect(readFileSync(join(folder, 'index.mjs'), 'utf8')).not.toContain('kinesis:record');
});

test.each<[string, (box: Sandbox) => object, RegExp]>([
  ['an upsert without keys', () => ({ table: 'orders', write: 'upsert' }), /target\.keys.*received \[\]/],
  ['a delete without keys', () => ({ table: 'orders', write: 'delete' }), /target\.keys.*received \[\]/],
  [
    'a delete with a batch number',
    () => ({ table: 'orders', write: 'delete', keys: ['id'], batchNumberColumn: 'b' }),
    /target\.batchNumberColumn.*deleted rows have no batch number/,
  ],
  [
    'a table of the platform',
    (box) => ({ table: tableOf(box), write: 'insert' }),
    /target\.table.*is in the platform's database/,
  ],
  [
    'a sequence number',
    () => ({ table: 'orders', write: 'insert', sequenceColumn: 's' }),
    /target\.sequenceColumn: received "s"/,
  ],
  ['another way to write', () => ({ table: 'orders', write: 'merge' }), /target\.write: received "merge"/],
  ['a name that needs quotes', () => ({ table: 'my orders', write: 'insert' }), /target\.table: received "my orders"/],
])('%s is refused at synthesis', (_what, target, message) => {
  const box = sandbox();

  expect(() => taskInto(box, { database: { url: POSTGRESQL }, ...target(box) })).toThrow(message);
});

test('a database of another kind, or a password in its URL, is refused at synthesis', () => {
  const into = (url: string) => () => taskInto(sandbox(), { database: { url }, table: 'orders', write: 'insert' });

  expect(into('redis://cache.example.com:6379')).toThrow(/target\.database\.url/);
  expect(into('jdbc:mysql://db.example.com/shop?user=a&password=b')).toThrow(/it belongs in `password`/);
  expect(() => taskInto(sandbox(), { table: 'orders', write: 'insert' })).toThrow(/target\.table: received "orders"/);
});

test('a task into a topic may write it and nothing else, promises at least once, and is no ring', () => {
  const box = sandbox();
  const alarms = new Topic(box.stack, 'Alarms', { app: box.owner });
  taskInto(box, { topic: alarms, keys: ['Id'] });

  const folder = assetOf(box.stack, 'TaskConsumer');
  expect(JSON.parse(readFileSync(join(folder, 'definitions.json'), 'utf8'))).toMatchObject({
    target: { kind: 'topic', topic: 'Alarms', app: box.owner.appName, keys: ['Id'] },
    delivery: 'at-least-once',
  });
  expect(existsSync(join(folder, 'drivers'))).toBe(false);
  expect(JSON.stringify(resourcesOf(box.stack, 'AWS::IAM::Policy'))).toMatch(/kinesis:PutRecords[^}]*Alarms/);
  const other = sandbox();
  const ring = topicOf(other);
  const into = (target: object, props: object = {}) =>
    new RealtimeTask(other.stack, `Task${other.stack.node.children.length}`, {
      app: other.owner,
      source: { topic: ring, fields: { Id: 'data.id' } },
      target: target as RealtimeTaskProps['target'],
      ...props,
    });
  expect(() => into({ topic: ring })).toThrow(/target\.topic.*go round for ever/);
  const out = new Topic(other.stack, 'Out', { app: other.owner });
  expect(() => into({ topic: out }, { delivery: 'effectively-once' })).toThrow(/delivery.*only a database/);
});

test('what keeps images in another database can be undone, and is told once a day to remove the old ones', () => {
  const box = sandbox();
  const secret = new Secret(box.stack, 'Password');
  taskInto(box, {
    database: { url: POSTGRESQL, user: 'causeway', password: { secret } },
    ...{ table: 'orders', write: 'upsert', keys: ['id'], batchNumberColumn: 'batch_no', rollback: Duration.days(7) },
  });

  expect(onlyResource(box.stack, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
    ScheduleExpression: 'rate(1 day)',
    Target: { Input: '{"expire":true}' },
  });
  const definition = JSON.parse(readFileSync(join(assetOf(box.stack, 'TaskConsumer'), 'definitions.json'), 'utf8'));
  expect(definition).toMatchObject({ target: { rollbackSeconds: 604_800 } });
});

test('a task into a collection has the driver of MongoDB, promises each message once, and can be undone', () => {
  const box = sandbox();
  const secret = new Secret(box.stack, 'Password');
  const mongodb = {
    url: 'mongodb://a.example.com/shop?replicaSet=rs0&tls=true',
    user: 'causeway',
    password: { secret },
  };
  taskInto(box, {
    ...{ mongodb, collection: 'orders', write: 'upsert', keys: ['Id'] },
    ...{ batchNumberField: 'batch', rollback: Duration.days(7) },
  });

  const folder = assetOf(box.stack, 'TaskConsumer');
  expect(JSON.parse(readFileSync(join(folder, 'definitions.json'), 'utf8'))).toMatchObject({
    ...{
      delivery: 'effectively-once',
      target: { kind: 'mongodb', batchNumberField: 'batch', rollbackSeconds: 604_800 },
    },
  });
  expect(existsSync(join(folder, 'drivers/mongodb.mjs'))).toBe(true);
  expect(onlyResource(box.stack, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
    Target: { Input: '{"expire":true}' },
  });
});

test('what a collection cannot do is refused at synthesis, by name', () => {
  const mongodb = { url: 'mongodb://a.example.com/shop' };
  const into = (target: object, props: Partial<RealtimeTaskProps> = {}) => {
    return () => taskInto(sandbox(), { mongodb, collection: 'orders', write: 'insert', ...target }, props);
  };

  expect(into({}, { delivery: 'at-least-once' })).toThrow(/delivery.*effectively-once/);
  expect(into({}, { parallelization: 2 })).toThrow(/parallelization/);
  expect(into({ write: 'upsert' })).toThrow(/target\.keys/);
  expect(into({ sequenceColumn: 'Seq' })).toThrow(/sequenceColumn/);
});
