import { expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi, type DataApiProps } from '../../../lib/apic/data-api.ts';
import { onlyResource, resourcesOf, sandbox } from '../sandbox.ts';

function apiWith(props: Partial<DataApiProps> = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Fees');
  const role = new Role(box.stack, 'Billing', { assumedBy: new AccountPrincipal(box.stack.account) });
  const defaults = { group, app: box.owner, path: '/fees/{id}', sql: 'SELECT ${id}', reads: [], auth: 'iam' as const };

  return { ...box, group, role, api: new DataApi(box.stack, 'Fee', { ...defaults, ...props }) };
}

// biome-ignore lint/suspicious/noExplicitAny: templates are what the tests look into
function propertiesOf(stack: Stack, type: string): any[] {
  return Object.values(resourcesOf(stack, type)).map(({ Properties }) => Properties);
}

test('the gateway asks IAM about the method, and nobody else', () => {
  const methods = propertiesOf(apiWith().stack, 'AWS::ApiGateway::Method');

  expect(methods.filter(({ HttpMethod }) => HttpMethod === 'GET')).toEqual([
    expect.objectContaining({ AuthorizationType: 'AWS_IAM' }),
  ]);
  expect(methods.filter(({ AuthorizerId }) => AuthorizerId !== undefined)).toEqual([]);
});

test('a role that may invoke gets the right to exactly this method and path', () => {
  const { api, role, stack } = apiWith();
  api.grantInvoke(role);

  const statements = propertiesOf(stack, 'AWS::IAM::Policy')
    .map(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter((list) => JSON.stringify(list).includes('execute-api:Invoke'));
  expect(statements).toEqual([
    [
      {
        Action: 'execute-api:Invoke',
        Effect: 'Allow',
        Resource: expect.objectContaining({
          'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/^\/RELEASE\/GET\/fees\/\*$/)])],
        }),
      },
    ],
  ]);
});

test('apps are not granted it, and principals are granted no API of apps', () => {
  const { api, owner } = apiWith();
  expect(() => api.grantTo(owner)).toThrow('grantTo: received');
  const other = apiWith({ auth: 'app' });
  expect(() => other.api.grantInvoke(other.role)).toThrow('grantInvoke: received "app"; allowed: an API with auth iam');
});

test('what IAM says of a caller can be a parameter, under the names it has there', () => {
  const tenant = (name: string, auth: 'app' | 'iam' | 'none' = 'iam') =>
    apiWith({ auth, sql: `SELECT \${id}, \${${name}}`, parameters: { [name]: { in: 'context' } } });

  expect(() => tenant('userArn')).not.toThrow();
  expect(() => tenant('tenant')).toThrow('parameters: received "tenant"; allowed: in: context, with auth iam, userArn');
  expect(() => tenant('userArn', 'app')).toThrow('parameters.userArn.in: received "context"; allowed: that of an API');
  expect(() => tenant('userArn', 'none')).toThrow('parameters.userArn.in: received');
});

test.each([{ appCode: true }, { schemes: ['basic' as const] }, { replayDefence: true }])(
  'with auth iam %j, which is about apps, is refused',
  (props) => {
    expect(() => apiWith(props)).toThrow('received');
  },
);

test('callers are not told of parameters that they do not send', () => {
  const box = apiWith({ sql: 'SELECT ${id}, ${userArn}', parameters: { userArn: { in: 'context' } } });
  const entries = onlyResource(box.stack, 'Custom::CausewayCatalog').Properties['Entries'] as { kind: string }[];
  const told = (kind: string) => JSON.stringify(entries.filter((entry) => entry.kind === kind)).includes('userArn');

  expect([told('api'), told('backend')]).toEqual([false, true]);
});

test('nobody gets a right by accident: a star in an ARN matches slashes', () => {
  const box = apiWith();
  const below = { group: box.group, app: box.owner, auth: 'iam' as const, reads: [], sql: 'SELECT 1' };
  const details = new DataApi(box.stack, 'Details', { ...below, path: '/fees/{id}/details' });
  new DataApi(box.stack, 'Pay', { ...below, method: 'POST', path: '/fees/{id}/payment' });
  new DataApi(box.stack, 'Other', { ...below, path: '/feesX/{id}' });
  box.api.grantInvoke(box.role);
  const problems = () => box.group.node.validate();

  expect(problems()).toEqual([expect.stringContaining('may invoke Details (/fees/{id}/details) too')]);
  details.grantInvoke(box.role);
  expect(problems()).toEqual([]);
});

test('an API that is not published cannot be granted', () => {
  const box = apiWith({ published: false });

  expect(() => box.api.grantInvoke(box.role)).toThrow('grantInvoke: received');
});
