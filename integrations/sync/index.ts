import type { App } from 'aws-cdk-lib';
import { AccountStack } from '../../lib/platform/account-stack.ts';
import { PlatformStack } from '../../lib/platform/platform-stack.ts';
import { type NamedDatabase, SyncStack } from './sync-stack.ts';

/**
 * Tables and topics kept the same, and the platform they run on. `SYNC_SOURCE_URL`, `SYNC_SOURCE_USER`, `SYNC_TARGET_URL` and `SYNC_TARGET_USER`
 * name other databases than the platform's own (`jdbc:postgresql://host:5432/database`), `KAFKA_BROKERS` a Kafka cluster.
 */
export default function sync(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const source = named('SYNC_SOURCE');
  const target = named('SYNC_TARGET');
  const brokers = process.env['KAFKA_BROKERS'];

  new SyncStack(app, 'CausewaySync', {
    platform,
    ...(source && { source }),
    ...(target && { target }),
    ...(brokers && { brokers: brokers.split(',') }),
  });
}

function named(prefix: string): NamedDatabase | undefined {
  const url = process.env[`${prefix}_URL`];
  const user = process.env[`${prefix}_USER`];

  return url === undefined || url === '' ? undefined : { url, ...(user !== undefined && user !== '' && { user }) };
}
