import { Duration, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IIntegrationApp } from '../../../lib/apic/integration-app.ts';
import type { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { acknowledge } from '../../../lib/platform/acknowledge.ts';
import type { Integration } from '../../../lib/platform/integration.ts';

interface PostgresqlTasks {
  readonly app: IIntegrationApp;
  readonly tables: Migrations;
  readonly url: string;
  readonly password: string;
}

/** Into a PostgreSQL that is followed, back from it, and on from there by itself. */
export function postgresqlTasks(stack: Integration, { app, tables, url, password }: PostgresqlTasks): void {
  const secret = new Secret(stack, 'PostgresqlPassword', { secretStringValue: SecretValue.unsafePlainText(password) });
  acknowledge(secret, { 'AwsSolutions-SMG4': 'The password of a database that lives as long as a test.' });
  const database = { url, user: 'master', password: { secret } };
  new ScheduledTask(stack, 'Out', {
    app,
    source: { table: tables.table('FollowSource'), increment: { column: 'UpdatedAt', overlap: Duration.seconds(10) } },
    target: { database, table: 'followed', write: 'upsert', keys: ['Id'] },
    schedule: { every: { seconds: 2 } },
  });
  const chained = new ScheduledTask(stack, 'Chained', {
    app,
    source: { table: tables.table('BackTarget') },
    target: { table: tables.table('ChainTarget'), write: 'upsert', keys: ['Id'] },
  });
  new ScheduledTask(stack, 'Back', {
    app,
    source: { database, table: 'followed' },
    target: { table: tables.table('BackTarget'), write: 'upsert', keys: ['Id'], onlyChanged: true },
    overlap: 'wait',
    after: [{ sql: 'DELETE FROM followed WHERE Id = 1', on: 'source' }, { run: chained }],
  });
}
