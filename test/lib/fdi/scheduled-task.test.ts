import { expect, test } from '@jest/globals';
import { type CfnElement, Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import type { HttpTargetProps } from '../../../lib/fdi/http-target.ts';
import { ScheduledTask, type ScheduledTaskProps } from '../../../lib/fdi/scheduled-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import {
  annotationsOf,
  definitionsOf,
  onlyResource,
  resourceNamed,
  resourcesOf,
  sandbox,
  tableOf,
  topicOf,
} from '../sandbox.ts';

function scheduled(changes: Partial<ScheduledTaskProps> = {}) {
  const box = sandbox();
  const table = tableOf(box);
  new ScheduledTask(box.stack, 'Nightly', {
    app: box.owner,
    source: { table, increment: { column: 'Id' } },
    target: { table, write: 'upsert', keys: ['Id'] },
    ...changes,
  });

  return box;
}

test('a schedule is the scheduler’s cron in the time zone of the task; without one it runs when it is asked to', () => {
  const { stack } = scheduled({ schedule: { every: { minutes: 5 }, timeZone: 'Europe/Berlin' } });
  const { Properties } = onlyResource(stack, 'AWS::Scheduler::Schedule');

  expect(Properties).toMatchObject({ ScheduleExpressionTimezone: 'Europe/Berlin' });
  expect(Properties['ScheduleExpression']).toMatch(/^cron\(.*\/5/);
  expect(resourcesOf(scheduled().stack, 'AWS::Scheduler::Schedule')).toEqual({});
});

test('a source that is followed has a call each minute, a smaller function, and a start that calls it; what it costs is said', () => {
  const { stack } = scheduled({ schedule: { every: { seconds: 5 } } });

  expect(onlyResource(stack, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
    ScheduleExpression: 'cron(* * * * ? *)',
  });
  const runner = Object.values(resourcesOf(stack, 'AWS::Lambda::Function')).find(({ Properties }) =>
    String(Properties['Description']).startsWith('Runs the task'),
  );
  expect(runner?.Properties).toMatchObject({ MemorySize: 512, Timeout: 900 });
  annotationsOf(stack).hasInfo('*', 'Nightly: following its source costs about $18 a month while it is started');
});

const following = { schedule: { every: { seconds: 5 } } };

test.each<[string, Partial<ScheduledTaskProps>, string]>([
  ['to follow a source without an increment', { ...following, source: { table: 'rows' } }, 'source.increment'],
  ['a run that waits where none is waited for', { ...following, overlap: 'wait' }, '`skip`'],
  ['an end of what has none', { ...following, after: [{ sql: 'SELECT 1' }] }, 'has no end'],
  ['less time than a minute and a run', { ...following, attempt: Duration.minutes(1) }, 'attempt'],
  ['a computed column', { mapping: [{ column: 'Id', expression: '1' }] }, 'its own SQL computes'],
  ['a page of nothing', { pageSize: 0 }, 'pageSize'],
])('%s is refused by name', (_, changes, message) => {
  expect(() => scheduled(changes)).toThrow(message);
});

test('a task into a topic may put records into its stream, and into no other; what publishes is granted', () => {
  const box = sandbox();
  const [topic, other] = [topicOf(box), new Topic(box.stack, 'Other', { app: box.owner })];
  const app = new IntegrationApp(box.stack, 'Stranger', {});
  new ScheduledTask(box.stack, 'Out', {
    app,
    source: { table: tableOf(box), increment: { column: 'Id' } },
    target: { topic, keys: ['Id'] },
  });
  const policy = JSON.stringify(resourceNamed(box.stack, 'AWS::IAM::Policy', 'OutRunnerRoleDefaultPolicy'));
  const stream = (of: Topic) => box.stack.getLogicalId(of.stream.node.defaultChild as CfnElement);

  expect(policy).toContain('kinesis:PutRecords');
  expect({ own: policy.includes(stream(topic)), other: policy.includes(stream(other)) }).toEqual({
    own: true,
    other: false,
  });
  expect(onlyResource(box.stack, 'Custom::CausewayTopicGrants').Properties).toMatchObject({
    Grants: [{ App: 'Stranger', Permission: 'publish' }],
  });
});

test('a topic that nobody may publish to is no target', () => {
  const box = sandbox();
  const topic = new Topic(box.stack, 'Closed', { app: box.owner, permission: 'subscribe' });

  expect(
    () => new ScheduledTask(box.stack, 'Out', { app: box.owner, source: { table: tableOf(box) }, target: { topic } }),
  ).toThrow('target.topic: received "Closed"; allowed: a topic whose permission holds publish');
});

function outward(http: Partial<HttpTargetProps['http']>) {
  const box = sandbox();
  const secret = new Secret(box.stack, 'Key');
  new ScheduledTask(box.stack, 'Out', {
    app: box.owner,
    source: { table: tableOf(box) },
    target: { http: { url: 'https://erp.example.com/api/', auth: { bearer: { secret, key: 'token' } }, ...http } },
  });

  return box;
}

test('a task into an API knows its address and where its secret is, and may read that', () => {
  const { stack } = outward({ path: '/orders/{Id}', method: 'PUT', success: [200, '202-204'] });

  expect(definitionsOf(stack, 'OutRunner')).toMatchObject({
    target: {
      ...{ kind: 'http', place: 'erp.example.com/api', method: 'PUT', path: '/orders/{Id}', hasBody: true },
      success: [
        [200, 200],
        [202, 204],
      ],
      ...{ auth: { kind: 'bearer' }, idempotencyHeader: 'Idempotency-Key', timeoutSeconds: 30 },
    },
  });
  expect(resourceNamed(stack, 'AWS::Lambda::Function', 'OutRunner').Properties['Environment']).toMatchObject({
    Variables: {
      TARGET_URL: 'https://erp.example.com/api/',
      TARGET_SECRET_ARN: expect.anything(),
      TARGET_SECRET_KEY: 'token',
    },
  });
  expect(JSON.stringify(resourceNamed(stack, 'AWS::IAM::Policy', 'OutRunnerRoleDefaultPolicy'))).toContain(
    '{"Ref":"Key',
  );
});

test.each<[Partial<HttpTargetProps['http']>, string]>([
  [{ url: 'https://u:p@erp.example.com' }, 'no user and password'],
  [{ url: 'https://erp.example.com?key=1' }, 'no query: it stands in `path`'],
  [{ url: 'ftp://erp.example.com' }, 'begins with https:// or http://'],
  [{ success: ['fine'] }, 'target.http.success: received "0-0"'],
  [{ certificateAuthority: 'no PEM' }, 'target.http.certificateAuthority'],
  [{ auth: { apiKey: { header: 'Host', value: { secret: { secretArn: 'arn' } } } } }, 'target.http.auth.apiKey.header'],
])('an API that cannot be asked is refused by name: %#', (http, message) => {
  expect(() => outward(http)).toThrow(message);
});
