import { expect, test } from '@jest/globals';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { onlyResource, resourcesOf, sandbox, templateOf } from '../sandbox.ts';

test('credentials are made at deployment, no template holds them', () => {
  const { stack } = sandbox();
  const [secretId] = Object.keys(resourcesOf(stack, 'AWS::SecretsManager::Secret'));

  expect(onlyResource(stack, 'AWS::SecretsManager::Secret').Properties).not.toHaveProperty('SecretString');
  expect(onlyResource(stack, 'Custom::CausewayApp').Properties).toMatchObject({
    App: 'Owner',
    SecretArn: { Ref: secretId },
  });
});

test('its secret lies where the authorizer of calls may read, under a name that a new stack can have again', () => {
  const { stack } = sandbox({ name: 'test' });
  const { Name } = onlyResource(stack, 'AWS::SecretsManager::Secret').Properties as {
    Name: { 'Fn::Join': [string, unknown[]] };
  };

  expect(Name['Fn::Join'][1][0]).toBe('causeway/test/app/Owner');
  expect(JSON.stringify(Name['Fn::Join'][1][1])).toContain('AWS::StackId');
});

test('the platform may read and write the secret before the credentials are made', () => {
  const { stack } = sandbox();
  const policies = Object.keys(resourcesOf(stack, 'AWS::IAM::ManagedPolicy'));

  expect(onlyResource(stack, 'Custom::CausewayApp').DependsOn?.toSorted()).toEqual(policies.toSorted());
});

test('an output names app and secret', () => {
  const { stack } = sandbox();
  new IntegrationApp(stack, 'City-Dashboard');

  expect(Object.keys(templateOf(stack).findOutputs('*'))).toEqual(['CausewayAppOwner', 'CausewayAppCityDashboard']);
});

test.each(['ab', 'with space', 'x'.repeat(65)])('the name %j is refused', (name) => {
  const { stack } = sandbox();

  expect(() => new IntegrationApp(stack, 'App', { name })).toThrow('Lot/App: name: received');
});
