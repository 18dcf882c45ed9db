import type { App } from 'aws-cdk-lib';
import { ApiGroup } from '../../lib/apic/api-group.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../lib/apic/integration-app.ts';
import { Migrations } from '../../lib/fdi/migrations.ts';
import { AccountStack } from '../../lib/platform/account-stack.ts';
import { Integration } from '../../lib/platform/integration.ts';
import { PlatformStack } from '../../lib/platform/platform-stack.ts';
import { APP, GROUP, QUERIES } from './workload.ts';

/** Each query behind each way to sign in, and no throttle that would be measured in place of the platform. */
export default function bench(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayBench', { platform });
  const owner = new IntegrationApp(stack, APP);
  const spaces = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` }).table('BenchSpace');
  const group = new ApiGroup(stack, GROUP, { throttle: { rate: 10_000, burst: 5000 } });
  for (const { name, parameter, sql } of QUERIES) {
    const api = { group, app: owner, parameters: { [parameter]: { in: 'query' as const, required: true } } };
    const query = { sql: sql.replace('?', `\${${parameter}}`), reads: [spaces] };
    new DataApi(stack, `${name}-none`, { ...api, ...query, path: `/${name}/none`, auth: 'none' });
    new DataApi(stack, `${name}-app`, { ...api, ...query, path: `/${name}/app`, appCode: true });
  }
}
