import { beforeAll, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { sandbox, templateOf } from '../sandbox.ts';

let template: Template;

beforeAll(() => {
  template = templateOf(sandbox().platform);
});

test('every method is for IAM principals only, also for paths that do not exist', () => {
  template.allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'AWS_IAM' });
});

test('every method is a proxy to a function', () => {
  template.allResourcesProperties('AWS::ApiGateway::Method', {
    Integration: Match.objectLike({ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' }),
  });
});

test.each([
  ['reader', 'GET/devices', true],
  ['reader', 'GET/apps/lot', true],
  ['reader', 'GET/apps/lot/credentials', false],
  ['reader', 'GET/tasks/x/latency', true],
  ['reader', 'POST/devices', false],
  ['reader', 'PATCH/devices/lot/S-1', false],
  ['reader', 'DELETE/devices/lot/S-1', false],
  ['registrar', 'PATCH/devices/lot/S-1', true],
  ['registrar', 'POST/devices/lot/S-1/password', true],
  ['registrar', 'DELETE/devices/lot/S-1', true],
  ['reader', 'POST/tasks/x/stop', false],
  ['registrar', 'POST/devices', true],
  ['registrar', 'GET/apps/lot/credentials', false],
  ['registrar', 'POST/tasks/x/start', false],
  ['operator', 'GET/apps/lot/credentials', true],
  ['operator', 'POST/tasks/x/start', true],
  ['registrar', 'POST/error-store', false],
  ['operator', 'POST/error-store', true],
  ['registrar', 'POST/tasks/x/rejected', false],
  ['operator', 'POST/tasks/x/rejected', true],
  ['registrar', 'PATCH/tasks/x/rejected/1', false],
  ['operator', 'PATCH/tasks/x/rejected/1', true],
  ['reader', 'GET/backends', true],
  ['registrar', 'POST/backends/Shop/Orders/test', false],
  ['operator', 'POST/backends/Shop/Orders/test', true],
  ['operator', 'POST/devices', true],
  ['operator', 'DELETE/devices', false],
])('a %s calls %s: %s', (role, call, allowed) => {
  expect(allows(role, call)).toBe(allowed);
});

/** As IAM decides: `*` matches anything, slashes too; a denial wins. */
function allows(role: string, call: string): boolean {
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
  const policy = policies.find(({ Properties }) => Properties.Description.startsWith(`Causeway ${role}:`));
  const statements = policy?.['Properties'].PolicyDocument.Statement as { Effect: string; Resource: unknown }[];
  const effects = statements.filter(({ Resource }) => [Resource].flat().some((arn) => matches(arn, call)));

  return effects.length > 0 && effects.every(({ Effect }) => Effect === 'Allow');
}

function matches(arn: unknown, call: string): boolean {
  const parts = (arn as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  const pattern = String(parts.at(-1)).replace('/RELEASE/', '').replaceAll('*', '.*');

  return new RegExp(`^${pattern}$`).test(call);
}
