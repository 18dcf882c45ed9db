import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { CustomAuthorizer, type CustomAuthorizerProps } from '../../../lib/apic/custom-authorizer.ts';
import { DataApi, type DataApiProps } from '../../../lib/apic/data-api.ts';
import { definitionsOf, resourceNamed, sandbox } from '../sandbox.ts';

const SCRIPT = join(mkdtempSync(join(tmpdir(), 'causeway-script-')), 'token.js');
writeFileSync(SCRIPT, 'function execute() { return { status: "allow", context: { token: "t" } }; }');
const BACKEND = { side: 'backend' as const };

function world(props: Partial<CustomAuthorizerProps> = BACKEND) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Orders');
  const authorizer = new CustomAuthorizer(box.stack, 'Token', { group, script: SCRIPT, ...props });
  const api = (more: Partial<DataApiProps>) =>
    new DataApi(box.stack, 'Order', {
      ...{ group, app: box.owner, path: '/order', sql: 'SELECT ${token}', reads: [] },
      parameters: { token: { in: 'context' } },
      ...more,
    });

  return { ...box, group, authorizer, api };
}

test('the function that calls the backend may ask its authorizer, and both know of each other', () => {
  const { stack, authorizer, api } = world({ ...BACKEND, cache: Duration.minutes(5) });
  api({ backendAuth: authorizer });

  const { apis, authorizers } = definitionsOf<ApiDefinitions>(stack, 'OrdersData');
  expect(apis).toMatchObject([{ auth: 'app', backendAuthorizer: 'Token', parameters: [{ in: 'context' }] }]);
  expect(authorizers).toMatchObject([{ name: 'Token', side: 'backend', cacheSeconds: 300, identities: [] }]);
  const { Environment } = resourceNamed(stack, 'AWS::Lambda::Function', 'OrdersData').Properties as {
    Environment: { Variables: Record<string, unknown> };
  };
  expect(JSON.stringify(Environment.Variables['CUSTOM_AUTHORIZERS'])).toContain('{\\"Token\\":');
});

test('an authorizer is good for its side only, and in its group only', () => {
  const back = world();
  expect(() => back.api({ auth: back.authorizer })).toThrow('allowed: an authorizer with side frontend');
  const front = world({});
  expect(() => front.api({ backendAuth: front.authorizer })).toThrow('allowed: an authorizer with side backend');
  const here = world();
  const group = new ApiGroup(here.stack, 'Others');
  expect(() => here.api({ group, backendAuth: here.authorizer })).toThrow('backendAuth: received');
});

test('that of a backend sees no caller', () => {
  expect(() => world({ ...BACKEND, identities: [{ name: 'x', in: 'header' }] })).toThrow(
    'allowed: none with side backend',
  );
});
