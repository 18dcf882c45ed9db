import type { App } from 'aws-cdk-lib';
import { AccountStack } from '../../lib/platform/account-stack.ts';
import { PlatformStack } from '../../lib/platform/platform-stack.ts';
import { EnterpriseStack } from './enterprise-stack.ts';

/** Company data opened as APIs, and the platform they run on. */
export default function enterprise(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new EnterpriseStack(app, 'CausewayEnterprise', { platform });
}
