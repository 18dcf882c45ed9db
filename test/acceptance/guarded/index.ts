import type { App } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { CustomAuthorizer } from '../../../lib/apic/custom-authorizer.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Scripts } from '../../../lib/apic/scripts.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** APIs that IAM guards, roles that may call them and one that may not, and authorizers whose context reaches statements. */
export default function guarded(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayGuarded', { platform });
  const api = { group: new ApiGroup(stack, 'Guarded'), app: new IntegrationApp(stack, 'GuardedOwner') };
  const folder = `${import.meta.dirname}/scripts`;
  const authorizers = `${import.meta.dirname}/authorizers`;
  const fees = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` }).table('Fees');
  const role = (roleName: string) =>
    new Role(stack, roleName, { roleName, assumedBy: new AccountPrincipal(stack.account) });
  const [billing] = [role('Billing'), role('Stranger')];

  const fee = new DataApi(stack, 'Fee', {
    ...{ ...api, auth: 'iam', method: 'ANY', path: '/fees/{id}', reads: [] },
    parameters: {
      note: { in: 'query' },
      userArn: { in: 'context', required: true },
      accountId: { in: 'context', required: true },
    },
    sql: 'SELECT ${id} AS Id, ${note} AS Note, ${userArn} AS Caller, ${accountId} AS Account',
  });
  fee.grantInvoke(billing as Role);
  for (const script of new Scripts(stack, 'Scripts', { ...api, auth: 'iam', folder }).apis) {
    script.grantInvoke(billing as Role);
  }

  const tenants = new CustomAuthorizer(stack, 'Tenants', { group: api.group, script: `${authorizers}/tenants.js` });
  new DataApi(stack, 'Mine', {
    ...{ ...api, auth: tenants, path: '/mine', reads: [fees] },
    parameters: { tenant: { in: 'context', required: true }, quota: { in: 'context', type: 'integer' } },
    sql: 'SELECT Id, ${quota} AS Quota FROM Fees WHERE Tenant = ${tenant} ORDER BY Id',
  });
  const backend = (name: string, userData: string) =>
    new CustomAuthorizer(stack, name, {
      ...{ group: api.group, script: `${authorizers}/tokens.js`, side: 'backend', userData },
    });
  const orders = { ...api, auth: tenants, reads: [], parameters: { token: { in: 'context' as const } } };
  const sql = 'SELECT ${token} AS Token';
  new DataApi(stack, 'Orders', { ...orders, path: '/orders', sql, backendAuth: backend('Tokens', 'warehouse') });
  new DataApi(stack, 'Closed', { ...orders, path: '/closed', sql, backendAuth: backend('NoTokens', 'nowhere') });

  return platform;
}
