import process from 'node:process';
import { type App, Duration, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { acknowledge } from '../../../lib/platform/acknowledge.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** One table into every kind of target; some of its rows do not fit. They run when they are asked to. */
export default function rejectedRuns(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayRejected', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const owner = new IntegrationApp(stack, 'Owner');
  const secret = new Secret(stack, 'Password', {
    secretStringValue: SecretValue.unsafePlainText(process.env['POSTGRESQL_PASSWORD'] ?? ''),
  });
  acknowledge(secret, { 'AwsSolutions-SMG4': 'The password of a database that lives as long as a test.' });
  const database = { url: process.env['POSTGRESQL_URL'] ?? '', user: 'master', password: { secret } };
  const task = { app: owner, source: { table: tables.table('Source') } };

  new ScheduledTask(stack, 'IntoPlatform', {
    ...task,
    target: { table: tables.table('Kept'), write: 'insert', keys: ['Id'] },
  });
  new ScheduledTask(stack, 'IntoPostgresql', {
    ...task,
    target: {
      ...{ database, table: 'copied', write: 'upsert', keys: ['id'], batchNumberColumn: 'batch_no' },
      rollback: Duration.hours(1),
    },
  });
  new ScheduledTask(stack, 'IntoApi', {
    ...task,
    target: { http: { url: process.env['API_URL'] ?? '', path: '/rows' } },
  });
  const topic = new Topic(stack, 'Rows', { app: owner, partitions: 1 });
  new ScheduledTask(stack, 'IntoTopic', { ...task, target: { topic, keys: ['Name'] } });
  new RealtimeTask(stack, 'FromTopic', {
    app: owner,
    source: { topic, fields: { Id: { path: 'data.Id', type: 'integer' }, Name: 'data.Name' } },
    target: {
      ...{
        database,
        table: 'read',
        write: 'upsert',
        keys: ['id'],
        eventTimeColumn: 'at',
        batchNumberColumn: 'batch_no',
      },
      rollback: Duration.hours(1),
    },
    started: true,
  });
}
