import { type App, Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { FileBucket } from '../../../lib/fdi/file-bucket.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { acknowledge } from '../../../lib/platform/acknowledge.ts';
import { Integration, type IntegrationProps } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

const ORDERS_API = process.env['ORDERS_API'] ?? 'https://shop.example.com/v1/orders';

/** The examples of `docs/scheduled-tasks.md`, word for word. */
class PulledStack extends Integration {
  constructor(scope: Construct, id: string, props: IntegrationProps) {
    super(scope, id, props);
    const app = new IntegrationApp(this, 'PulledOwner');
    const tables = new Migrations(this, 'Tables', { folder: `${import.meta.dirname}/sql` });
    const token = new Secret(this, 'ShopToken', { generateSecretString: { excludePunctuation: true } });
    acknowledge(token, { 'AwsSolutions-SMG4': 'The shop gives the token, and says when it is another one.' });
    this.showSecret('ShopToken', token);

    new ScheduledTask(this, 'Orders', {
      app,
      source: {
        http: {
          url: ORDERS_API,
          query: { changed_since: '{{since}}' },
          auth: { bearer: { secret: token } },
          records: 'data.items',
          paging: { by: 'page', field: 'page', sizeField: 'size', size: 5 },
        },
        key: ['id'],
        fields: [
          { alias: 'OrderId', type: 'integer', path: 'id' },
          { alias: 'Customer', type: 'string', path: 'customer.name' },
          { alias: 'Total', type: 'number', path: 'total' },
          { alias: 'ChangedAt', type: 'datetime', path: 'changedAt' },
        ],
        increment: { field: 'changedAt', overlap: Duration.minutes(10) },
      },
      target: { table: tables.table('Orders'), write: 'upsert', keys: ['OrderId'], batchNumberColumn: 'BatchNo' },
      schedule: { every: { hours: 1 } },
    });

    const drop = new FileBucket(this, 'Drop');
    new ScheduledTask(this, 'Prices', {
      app,
      source: {
        files: {
          bucket: drop,
          prefix: 'prices/',
          format: 'csv',
          csv: { delimiter: ';' },
          afterwards: { move: 'done/' },
        },
        fields: [
          { alias: 'Sku', type: 'string', path: 'sku' },
          { alias: 'Price', type: 'number', path: 'price' },
          { alias: 'ValidFrom', type: 'datetime', path: 'valid from' },
          { alias: 'FileName', type: 'string', path: '@object' },
          { alias: 'LineNo', type: 'integer', path: '@line' },
        ],
        timeZone: 'Europe/Berlin',
      },
      target: { table: tables.table('Prices'), write: 'upsert', keys: ['Sku'] },
      schedule: { every: { hours: 1 } },
    });

    new ScheduledTask(this, 'Readings', {
      app,
      source: {
        files: { bucket: drop, prefix: 'readings/', format: 'json-lines' },
        fields: [
          { alias: 'FileName', type: 'string', path: '@object' },
          { alias: 'LineNo', type: 'integer', path: '@line' },
          { alias: 'Reading', type: 'json', path: '$' },
        ],
      },
      target: { table: tables.table('Readings'), write: 'insert', keys: ['FileName', 'LineNo'] },
      pageSize: 250,
    });
  }
}

export default function pulled(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new PulledStack(app, 'CausewayPulled', { platform });
}
