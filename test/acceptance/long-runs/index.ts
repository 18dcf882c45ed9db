import type { App } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** A task with more to write than an invocation of its function has time for: ten seconds, in place of the minutes of `attempt`. */
export default function longRuns(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayLongRuns', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const long = new ScheduledTask(stack, 'Long', {
    app: new IntegrationApp(stack, 'LongOwner'),
    source: { table: tables.table('LongSource') },
    target: { table: tables.table('LongTarget'), write: 'insert' },
    pageSize: 10,
  });
  (long.runner.function.node.defaultChild as CfnFunction).timeout = 10;
}
