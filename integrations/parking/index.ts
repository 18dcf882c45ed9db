import type { App } from 'aws-cdk-lib';
import { AccountStack } from '../../lib/platform/account-stack.ts';
import { PlatformStack } from '../../lib/platform/platform-stack.ts';
import { ParkingStack } from './parking-stack.ts';

/** The parking lot and the platform it runs on. */
export default function parking(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new ParkingStack(app, 'CausewayParking', { platform });
}
