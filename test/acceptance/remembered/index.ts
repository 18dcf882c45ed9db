import { type App, Duration } from 'aws-cdk-lib';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { CustomAuthorizer } from '../../../lib/apic/custom-authorizer.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** Seconds a decision is repeated. */
export const CACHE = 10;

/** APIs behind one custom authorizer with a cache; each answers whom the decision was about, and which one it was. */
export default function remembered(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayRemembered', { platform });
  const group = new ApiGroup(stack, 'Guarded', { throttle: { rate: 10_000, burst: 5000 } });
  const auth = new CustomAuthorizer(stack, 'Guard', {
    group,
    script: `${import.meta.dirname}/scripts/guard.js`,
    identities: [
      { name: 'X-User', in: 'header' },
      { name: 'tenant', in: 'query', validation: '[^!]*' },
    ],
    cache: Duration.seconds(CACHE),
  });
  const known = { in: 'context', required: true } as const;
  const api = {
    ...{ group, auth, app: new IntegrationApp(stack, 'GuardedOwner'), reads: [] },
    parameters: { user: known, tenant: known, decision: known },
    sql: 'SELECT ${user} AS User, ${tenant} AS Tenant, ${decision} AS Decision',
  };
  new DataApi(stack, 'GetA', { ...api, path: '/a' });
  new DataApi(stack, 'GetB', { ...api, path: '/b' });
  new DataApi(stack, 'PostA', { ...api, method: 'POST', path: '/a' });
  new DataApi(stack, 'Item', { ...api, path: '/items/{id}' });
}
