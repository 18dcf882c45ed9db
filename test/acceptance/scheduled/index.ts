import type { App } from 'aws-cdk-lib';
import { SyncStack } from '../../../integrations/sync/sync-stack.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';
import { postgresqlTasks } from './postgresql-tasks.ts';

/** The example, a task that takes long, and tasks of a PostgreSQL that the environment names. They run when they are asked to. */
export default function scheduled(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new SyncStack(app, 'CausewaySync', { platform });
  const stack = new Integration(app, 'CausewaySlow', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const owner = new IntegrationApp(stack, 'SlowOwner');
  new ScheduledTask(stack, 'Slow', {
    app: owner,
    source: { table: tables.table('SlowSource'), increment: { column: 'Id', boundary: 'open' } },
    target: { table: tables.table('SlowTarget'), write: 'insert' },
    pageSize: 5,
    tags: ['slow'],
  });
  const { SCHEDULED_POSTGRESQL: url, SCHEDULED_PASSWORD: password } = process.env;
  if (url !== undefined && password !== undefined) {
    postgresqlTasks(stack, { app: owner, tables, url, password });
  }
}
