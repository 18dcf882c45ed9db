import process from 'node:process';
import type { App } from 'aws-cdk-lib';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { ProduceApi } from '../../../lib/apic/topic-api.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** One shard, written by as many lanes as `LANES` says, ten without it; a row is kept with the number of its batch. */
export default function lanes(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayLanes', { platform });
  const meters = new IntegrationApp(stack, 'Meters');
  const readings = new Topic(stack, 'Readings', { app: meters, partitions: 1 });
  new ProduceApi(stack, 'Produce', { group: new ApiGroup(stack, 'Lanes'), topic: readings });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  new RealtimeTask(stack, 'ReadingsTask', {
    app: meters,
    source: { topic: readings, fields: { Meter: 'key', Number: { path: 'data.number', type: 'integer' } } },
    target: { table: tables.table('Readings'), write: 'insert', batchNumberColumn: 'BatchNo' },
    parallelization: Number(process.env['LANES'] ?? 10),
    batchSize: 40,
    started: true,
  });

  return platform;
}
