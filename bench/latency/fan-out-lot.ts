import type { App } from 'aws-cdk-lib';
import { ParkingStack } from '../../integrations/parking/parking-stack.ts';
import { AccountStack } from '../../lib/platform/account-stack.ts';
import { PlatformStack } from '../../lib/platform/platform-stack.ts';

/** The parking lot with enhanced fan-out. */
export default function fanOutLot(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new ParkingStack(app, 'CausewayParking', { platform, enhancedFanOut: true });
}
