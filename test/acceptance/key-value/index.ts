import { type App, Duration, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { acknowledge } from '../../../lib/platform/acknowledge.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** Rows into a Redis and a MongoDB that the environment names, keys and documents of these into tables. They run when they are asked to. */
export default function keyValue(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayShop', { platform });
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const owner = new IntegrationApp(stack, 'Shop');
  const secret = new Secret(stack, 'Password', {
    secretStringValue: SecretValue.unsafePlainText(process.env['SHOP_PASSWORD'] ?? ''),
  });
  acknowledge(secret, { 'AwsSolutions-SMG4': 'The password of servers that live as long as a test.' });
  const redis = { url: process.env['SHOP_REDIS'] ?? '', password: { secret } };
  new ScheduledTask(stack, 'OrdersOut', {
    app: owner,
    source: { table: tables.table('Orders'), increment: { column: 'UpdatedAt' } },
    target: { redis, write: 'upsert', key: 'order:{Id}', ttl: Duration.hours(1) },
  });
  const mongodb = { url: process.env['SHOP_MONGODB'] ?? '' };
  new ScheduledTask(stack, 'CustomersIn', {
    app: owner,
    source: {
      mongodb,
      collection: 'customers',
      filter: { draft: { $ne: true } },
      fields: [
        { alias: 'Id', type: 'string', path: '_id' },
        { alias: 'Name', type: 'string', path: 'name' },
        { alias: 'City', type: 'string', path: 'address.city' },
      ],
      increment: { field: 'changedAt', overlap: Duration.hours(1) },
    },
    target: { table: tables.table('Customers'), write: 'upsert', keys: ['Id'] },
  });
  new ScheduledTask(stack, 'OrdersToDocuments', {
    app: owner,
    source: { table: tables.table('Orders') },
    target: { mongodb, collection: 'orders', write: 'upsert', keys: ['_id'] },
    mapping: [
      { column: '_id', from: 'Id' },
      { column: 'order.state', from: 'State' },
      { column: 'order.total', from: 'Total' },
      { column: 'changedAt', from: 'UpdatedAt' },
    ],
  });
  new ScheduledTask(stack, 'OrdersKept', {
    app: owner,
    source: { table: tables.table('Orders') },
    target: {
      ...{ mongodb, collection: 'kept', write: 'upsert', keys: ['_id'] },
      ...{ batchNumberField: 'meta.batch', rollback: Duration.days(7) },
    },
    mapping: [
      { column: '_id', from: 'Id' },
      { column: 'order.state', from: 'State' },
    ],
  });
  new ScheduledTask(stack, 'CartsIn', {
    app: owner,
    source: { redis, match: 'cart:*' },
    target: { table: tables.table('Carts'), write: 'upsert', keys: ['Key'] },
  });
}
