import type { App } from 'aws-cdk-lib';
import { SyncStack } from '../../../integrations/sync/sync-stack.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** The example, and a task that takes long. Neither has a minute that may come in the middle of a test: they run when they are asked to. */
export default function scheduled(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new SyncStack(app, 'CausewaySync', { platform });
  const stack = new Integration(app, 'CausewaySlow', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  new ScheduledTask(stack, 'Slow', {
    app: new IntegrationApp(stack, 'SlowOwner'),
    source: { table: tables.table('SlowSource'), increment: { column: 'Id', boundary: 'open' } },
    target: { table: tables.table('SlowTarget'), write: 'insert' },
    pageSize: 5,
    tags: ['slow'],
  });
}
