import type { App } from 'aws-cdk-lib';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Device } from '../../../lib/link/device.ts';
import { Product, property, service } from '../../../lib/link/product.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** Barriers that obey. */
export default function commands(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform', { database: false });
  platform.addStackDependency(account);

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

  return platform;
}
