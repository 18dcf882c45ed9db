import type { App } from 'aws-cdk-lib';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Device } from '../../../lib/link/device.ts';
import { DeviceEventSubscription } from '../../../lib/link/device-event-subscription.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product, property, service } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** Barriers that obey, and meters behind boxes that speak for them. */
export default function commands(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform', { database: false, gateways: true, deviceEvents: true });
  platform.addStackDependency(account);
  barriers(app, platform);

  return platform;
}

export function barriers(app: App, platform: PlatformStack): void {
  const stack = new Integration(app, 'CausewayBarriers', { platform });
  const owner = new IntegrationApp(stack, 'BarrierOwner');
  const barrier = new Product(stack, 'Barrier', {
    app: owner,
    thingModel: {
      Boom: service({
        commands: {
          open: {
            parameters: { seconds: property.integer({ min: 1, max: 60 }) },
            response: { opened: property.boolean() },
          },
        },
      }),
    },
  });
  for (const device of ['B-001', 'B-002', 'B-003', 'B-004']) {
    new Device(stack, device, { product: barrier });
  }

  const meter = new Product(stack, 'Meter', {
    app: owner,
    manufacturer: { id: 'acme', name: 'Acme' },
    model: 'M1',
    thingModel: {
      Power: service({
        properties: { watt: property.integer() },
        commands: { reset: { parameters: {} } },
      }),
    },
  });
  new Device(stack, 'M-900', { product: meter });
  new ForwardingRule(stack, 'Meters', {
    product: meter,
    topic: new Topic(stack, 'MeterEvents', { app: owner, partitions: 1 }),
  });
  const box = new Product(stack, 'FieldBox', { app: owner, type: 'gateway' });
  new Device(stack, 'FB-1', { product: box });
  new DeviceEventSubscription(stack, 'Everything', {
    topic: new Topic(stack, 'DeviceEvents', { app: owner, partitions: 1 }),
  });
}
