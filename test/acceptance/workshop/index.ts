import { type App, Duration } from 'aws-cdk-lib';
import { APP_SCHEMES } from '../../../core/apic/app-schemes.ts';
import { EnterpriseStack } from '../../../integrations/enterprise/enterprise-stack.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { FunctionApi } from '../../../lib/apic/function-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { MockApi } from '../../../lib/apic/mock-api.ts';
import { Scripts } from '../../../lib/apic/scripts.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** The enterprise, and beside it functions and scripts that go wrong in every way. */
export default function workshop(app: App): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  new EnterpriseStack(app, 'CausewayEnterprise', { platform });

  const stack = new Integration(app, 'CausewayWorkshop', { platform });
  const api = { group: new ApiGroup(stack, 'Workshop'), app: new IntegrationApp(stack, 'WorkshopOwner') };
  const folder = import.meta.dirname;
  const faulty = {
    ...api,
    auth: 'none' as const,
    parameters: {
      how: { in: 'query' as const, required: true, enum: ['error', 'text', 'sql', 'late', 'endless', 'greedy'] },
    },
    code: `${folder}/faulty.ts`,
    timeout: Duration.seconds(3),
    memory: 192,
  };
  new FunctionApi(stack, 'Faulty', { ...faulty, path: '/faulty' });
  new FunctionApi(stack, 'Memory', { ...api, auth: 'none', path: '/memory', code: `${folder}/memory.ts` });
  const every = {
    ...api,
    method: 'POST' as const,
    parameters: { q: { in: 'query' as const, required: true }, text: { in: 'body' as const, required: true } },
    sql: 'SELECT ${id} AS Id, ${q} AS Q, ${text} AS Text',
    reads: [],
  };
  for (const scheme of APP_SCHEMES) {
    new DataApi(stack, `By-${scheme}`, { ...every, path: `/by/${scheme}/{id}`, schemes: [scheme] });
  }
  new DataApi(stack, 'By-iam', { ...every, path: '/by/iam/{id}', auth: 'iam' });
  // Its path is taken: it is another way to answer what is published.
  new FunctionApi(stack, 'Draft', { ...api, path: '/memory', published: false, code: `${folder}/draft.ts` });
  new Scripts(stack, 'Scripts', { ...api, auth: 'none', folder: `${folder}/scripts`, cpuMs: 2000, memoryMb: 16 });
  new MockApi(stack, 'Teapot', {
    ...{ ...api, auth: 'none', path: '/teapot', status: 418, body: '<p>no ☕</p>' },
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'X-Pot': 'tea' },
  });
  new MockApi(stack, 'Plain', { ...api, auth: 'none', path: '/plain', body: '{"a":1}' });
  new MockApi(stack, 'Untyped', { ...api, auth: 'none', path: '/untyped', headers: { 'X-Pot': 'tea' } });

  return platform;
}
