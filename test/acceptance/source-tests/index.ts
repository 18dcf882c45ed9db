import type { App } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { FileBucket } from '../../../lib/fdi/file-bucket.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

const url = process.env['SHOP_URL'] ?? 'https://shop.example.com';
const ca = process.env['SHOP_CA'];

/** Something of every kind that tasks read and write, and one that is not there. Nothing is started. */
export default function sourceTests(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewaySources', { platform });
  const owner = new IntegrationApp(stack, 'Owner');
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const [orders, copies] = [tables.table('Orders'), tables.table('Copies')];
  const token = new Secret(stack, 'ShopToken', { generateSecretString: { excludePunctuation: true } });
  stack.showSecret('ShopToken', token);
  const shop = { auth: { bearer: { secret: token } }, ...(ca !== undefined && { certificateAuthority: ca }) };
  const fields = [
    { alias: 'Id', type: 'integer' as const, path: 'Id' },
    { alias: 'Note', type: 'string' as const, path: 'Note' },
  ];
  const into = { write: 'upsert', keys: ['Id'] } as const;

  new ScheduledTask(stack, 'Pulled', {
    app: owner,
    source: { http: { url: `${url}/orders`, ...shop }, key: ['Id'], fields },
    target: { table: orders, ...into },
  });
  new ScheduledTask(stack, 'Pushed', {
    app: owner,
    source: { table: orders },
    target: {
      http: { url, path: '/orders', ...shop, test: { method: 'POST', path: '/orders?dryRun=true', body: '{}' } },
    },
  });
  new ScheduledTask(stack, 'PushedBlindly', {
    app: owner,
    source: { table: orders },
    target: { http: { url, path: '/orders/{Id}', ...shop } },
  });
  // An API of ours: where it is, its deployment says, and it wants to be asked by an app's signature.
  const group = new ApiGroup(stack, 'Sales');
  const sql = 'SELECT Id, Note FROM Orders ORDER BY Id';
  new DataApi(stack, 'List', { group, app: owner, path: '/orders', sql, reads: [orders] });
  new ScheduledTask(stack, 'Signed', {
    app: owner,
    source: {
      http: {
        url: `${group.url.replace(/\/$/, '')}/orders`,
        auth: { app: { secret: owner.secret } },
        records: 'default',
      },
      ...{ key: ['Id'], fields },
    },
    target: { table: copies, ...into },
  });
  new ScheduledTask(stack, 'Dropped', {
    app: owner,
    source: {
      files: {
        ...{ bucket: new FileBucket(stack, 'Drop'), prefix: 'new/', format: 'csv', afterwards: { move: 'done/' } },
        csv: { columns: ['Id', 'Note'] },
      },
    },
    target: { table: orders, ...into },
  });
  const [from, to] = ['In', 'Out'].map(
    (name) => new Topic(stack, name, { app: owner, partitions: 1, name: `Topic${name}` }),
  );
  new RealtimeTask(stack, 'Relay', {
    app: owner,
    source: { topic: from as Topic, fields: { Id: 'data.id' } },
    target: { topic: to as Topic },
  });
  new RealtimeTask(stack, 'Kept', {
    app: owner,
    source: { topic: to as Topic, fields: { Id: { path: 'data.id', type: 'integer' }, Note: 'data.note' } },
    target: { table: copies, ...into },
  });
  new ScheduledTask(stack, 'Gone', {
    app: owner,
    source: { database: { url: 'jdbc:mysql://127.0.0.1:9/nothing', user: 'nobody' }, table: 'Nothing' },
    target: { table: copies, ...into },
  });
}
