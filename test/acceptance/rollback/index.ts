import process from 'node:process';
import { type App, Duration, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** The level of each meter, and a copy of it in somebody else's PostgreSQL; of both it is kept what batches change. */
export default function rollback(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayLevels', { platform });
  const owner = new IntegrationApp(stack, 'Owner');
  const topic = new Topic(stack, 'Readings', { app: owner });
  const meter = new Product(stack, 'Meter', { app: owner, manufacturer: { id: 'acme', name: 'Acme' }, model: 'M1' });
  new Device(stack, 'M-1', { product: meter });
  new ForwardingRule(stack, 'MeterMessages', { product: meter, topic });
  const levels = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` }).table('Levels');
  const rollbackTime = { batchNumberColumn: 'BatchNo', rollback: Duration.days(7) };
  new RealtimeTask(stack, 'Levels', {
    app: owner,
    source: { topic, fields: { Meter: 'data.meter', Level: { path: 'data.level', type: 'integer' } } },
    target: { table: levels, write: 'upsert', keys: ['Meter'], eventTimeColumn: 'SeenAt', ...rollbackTime },
    started: true,
  });
  const secret = new Secret(stack, 'Login', {
    // A password of this test's own server.
    secretStringValue: SecretValue.unsafePlainText(process.env['ROLLBACK_PASSWORD'] ?? ''),
  });
  new ScheduledTask(stack, 'Copies', {
    app: owner,
    source: { table: levels, columns: ['Meter', 'Level'] },
    target: {
      database: { url: process.env['ROLLBACK_POSTGRESQL'] ?? '', user: 'master', password: { secret } },
      ...{ table: 'copies', write: 'upsert', keys: ['meter'], onlyChanged: true, ...rollbackTime },
    },
  });
}
