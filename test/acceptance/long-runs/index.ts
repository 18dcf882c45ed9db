import process from 'node:process';
import type { App } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/**
 * Tasks with more to write than an invocation of their functions has time for: ten seconds, in place of the minutes of `attempt`. One writes rows
 * in pages, the other tells an API, which `LONG_RUNS_URL` names, what is all one page.
 */
export default function longRuns(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayLongRuns', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const owner = new IntegrationApp(stack, 'LongOwner');
  const source = { table: tables.table('LongSource') };
  const long = new ScheduledTask(stack, 'Long', {
    app: owner,
    source,
    target: { table: tables.table('LongTarget'), write: 'insert' },
    pageSize: 10,
  });
  const url = process.env['LONG_RUNS_URL'] ?? 'https://rows.example.com';
  const told = new ScheduledTask(stack, 'Told', { app: owner, source, target: { http: { url, path: '/rows' } } });
  for (const { runner } of [long, told]) {
    (runner.function.node.defaultChild as CfnFunction).timeout = 10;
  }
}
