import { expect, test } from '@jest/globals';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { DeviceEventSubscription } from '../../../lib/link/device-event-subscription.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import type { Integration } from '../../../lib/platform/integration.ts';
import { resourcesOf, sandbox } from '../sandbox.ts';

function place(props: Parameters<typeof sandbox>[1]) {
  const { stack, owner } = sandbox({}, { database: false, ...props });

  return { stack, owner, topic: new Topic(stack, 'Events', { app: owner, partitions: 1 }) };
}

const policies = (stack: Integration) => JSON.stringify(resourcesOf(stack, 'AWS::IAM::ManagedPolicy'));

test('a subscription is in the catalogue, and the platform may write to its topic and to no other', () => {
  const { stack, owner, topic } = place({ deviceEvents: true });
  new Topic(stack, 'Others', { app: owner, partitions: 1 });
  new DeviceEventSubscription(stack, 'Coming', { topic, events: ['online', 'online'] });

  const catalogue = JSON.stringify(resourcesOf(stack, 'Custom::CausewayCatalog'));
  expect(catalogue).toContain('subscription');
  expect(catalogue).toContain('Coming');
  expect(policies(stack).match(/kinesis:PutRecords/g)).toHaveLength(1);
});

test('what cannot be subscribed to is refused with what can', () => {
  const off = place({});
  const on = place({ deviceEvents: true });
  const masked = new Topic(on.stack, 'Masked', { app: on.owner, partitions: 1, filterFields: ['plate'] });

  expect(() => new DeviceEventSubscription(off.stack, 'A', { topic: off.topic })).toThrow('deviceEvents: true');
  expect(() => new DeviceEventSubscription(on.stack, 'B', { topic: on.topic, events: ['gone' as never] })).toThrow(
    'added, deleted',
  );
  expect(() => new DeviceEventSubscription(on.stack, 'C', { topic: on.topic, events: [] })).toThrow('added, deleted');
  expect(() => new DeviceEventSubscription(on.stack, 'D', { topic: masked })).toThrow('filterFields');
});

test('gateways need a platform that has them, and only rules of an app with gateways hear them', () => {
  const none = place({});
  const { stack, owner, topic } = place({ gateways: true });
  const other = new IntegrationApp(stack, 'Other');
  const rule = (id: string, app: IntegrationApp) =>
    new ForwardingRule(stack, `${id}Rule`, {
      product: new Product(stack, id, { app, productId: `product${id}` }),
      topic,
    });
  rule('A', owner);
  rule('B', other);
  new Product(stack, 'Box', { app: owner, type: 'gateway' });
  rule('C', owner);

  expect(() => new Product(none.stack, 'Box', { app: none.owner, type: 'gateway' })).toThrow('gateways: true');
  const granted = policies(stack);
  expect(granted).toContain('productA/out/*');
  expect(granted).toContain('productC/out/*');
  expect(granted).not.toContain('productB/out/*');
});
