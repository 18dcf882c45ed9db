import type { App } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { MessageQueryApi, ProduceApi } from '../../../lib/apic/topic-api.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** A topic that apps write to and read, and one that masks what devices and apps send. */
export default function topics(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayTopics', { platform });
  const [shop, city] = [new IntegrationApp(stack, 'Shop'), new IntegrationApp(stack, 'City')];
  new IntegrationApp(stack, 'Stranger');
  const group = new ApiGroup(stack, 'Topics');
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });

  // Programs that know Kinesis, with rights of AWS.
  const role = (roleName: string) =>
    new Role(stack, roleName, { roleName, assumedBy: new AccountPrincipal(stack.account) });
  const [reader, writer] = [role('OrdersReader'), role('OrdersWriter')];
  const orders = new Topic(stack, 'Orders', { app: shop, partitions: 1, tags: { team: 'shop' } });
  orders.grantTo(city, 'subscribe');
  orders.grantRead(reader);
  orders.grantWrite(writer);
  new ProduceApi(stack, 'ProduceOrders', { group, topic: orders, appCode: true });
  new MessageQueryApi(stack, 'QueryOrders', { group, topic: orders, appCode: true });
  new RealtimeTask(stack, 'OrdersTask', {
    app: shop,
    source: {
      topic: orders,
      fields: { OrderNo: 'data.orderNo', App: 'app', MessageKey: 'key', TraceId: 'traceId' },
    },
    target: { table: tables.table('Orders'), write: 'insert' },
    started: true,
  });

  const visits = new Topic(stack, 'Visits', {
    app: shop,
    partitions: 1,
    partitionKey: { field: 'gate' },
    filterFields: ['plate'],
  });
  new ProduceApi(stack, 'ProduceVisits', { group, topic: visits });
  const gate = new Product(stack, 'Gate', { app: shop, manufacturer: { id: 'acme', name: 'Acme' }, model: 'G1' });
  new Device(stack, 'G-1', { product: gate });
  new ForwardingRule(stack, 'VisitMessages', { product: gate, topic: visits });
  new RealtimeTask(stack, 'VisitsTask', {
    app: shop,
    source: {
      topic: visits,
      fields: { Gate: 'data.gate', Plate: 'data.plate', Level: { path: 'data.level', type: 'integer' } },
    },
    target: { table: tables.table('Visits'), write: 'insert' },
    started: true,
  });

  return platform;
}
