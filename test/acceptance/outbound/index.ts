import type { App } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** Rows of a table into a topic of another app, and into an API that the environment names. They run when they are asked to. */
export default function outbound(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayOutbound', { platform });
  const [shop, city] = [new IntegrationApp(stack, 'Shop'), new IntegrationApp(stack, 'City')];
  const orders = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` }).table('Orders');
  const topic = new Topic(stack, 'OrderEvents', { app: city, partitions: 2, filterFields: ['card'] });
  new ScheduledTask(stack, 'ToTopic', {
    app: shop,
    source: { table: orders, increment: { column: 'UpdatedAt' } },
    target: { topic, keys: ['shop'], eventTimeColumn: 'at' },
    mapping: [
      { column: 'id', from: 'Id' },
      { column: 'shop', from: 'Shop' },
      { column: 'price', from: 'Price' },
      { column: 'card', from: 'Card' },
      { column: 'note', from: 'Note' },
      { column: 'at', from: 'UpdatedAt' },
    ],
    pageSize: 8,
  });
  const token = new Secret(stack, 'ApiToken', { generateSecretString: { excludePunctuation: true } });
  stack.showSecret('ApiToken', token);
  const url = process.env['OUTBOUND_URL'] ?? 'https://orders.example.com';
  new ScheduledTask(stack, 'ToApi', {
    app: shop,
    source: { table: orders, increment: { column: 'Id', boundary: 'open' } },
    target: { http: { url, path: '/orders/{Id}', method: 'PUT', auth: { bearer: { secret: token } } } },
    pageSize: 40,
  });
  new ScheduledTask(stack, 'ToErp', {
    app: shop,
    source: { table: orders, condition: 'Id < 3' },
    target: { http: { url, path: '/orders/{order.id}', method: 'PUT', auth: { bearer: { secret: token } } } },
    mapping: [
      { column: 'order.id', from: 'Id' },
      { column: 'order.prices[0]', from: 'Price' },
      { column: 'order.label', expression: '"no. " & Id & " of shop " & Shop' },
      { column: 'origin', constant: 'shop' },
    ],
  });
  new ScheduledTask(stack, 'InBatches', {
    app: shop,
    source: { table: orders, increment: { column: 'Id', boundary: 'open' } },
    target: {
      http: { url, path: '/batches', batch: { size: 16, path: 'data.orders' }, auth: { bearer: { secret: token } } },
    },
  });
}
