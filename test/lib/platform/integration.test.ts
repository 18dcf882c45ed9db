import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Integration } from '../../../lib/platform/integration.ts';
import { onlyResource, resourcesOf, sandbox, testApp } from '../sandbox.ts';

test('a construct in another kind of stack is refused', () => {
  const stack = new Stack(testApp(), 'Plain');
  const construct = new Construct(stack, 'Topic');

  expect(() => Integration.of(construct)).toThrow(
    'Plain/Topic: scope: received "Plain"; allowed: a place in an Integration',
  );
});

test('rights for one function of the platform come in one policy on its role', () => {
  const { stack } = sandbox();
  stack.allow('manageTasks', { actions: ['x:One'], resources: ['arn:aws:x:::one'] });
  stack.allow('manageTasks', { actions: ['x:Two'], resources: ['arn:aws:x:::two'] });

  const policies = Object.entries(resourcesOf(stack, 'AWS::IAM::ManagedPolicy')).filter(([id]) =>
    id.startsWith('AllowmanageTasks'),
  );

  expect(policies).toHaveLength(1);
  expect(policies[0]?.[1].Properties).toMatchObject({
    Roles: [{ 'Fn::ImportValue': expect.stringMatching(/Role/) }],
    PolicyDocument: { Statement: [{ Action: 'x:One' }, { Action: 'x:Two' }] },
  });
});

test('two of one kind and name are refused', () => {
  const { stack, owner } = sandbox();

  expect(() => stack.catalog.add(owner, 'app', 'Owner', {})).toThrow(
    'Lot/Owner: name: received "Owner"; allowed: a name no other app of the stack has',
  );
});

test('the catalogue keeps the types of a document by writing it as text', () => {
  const { stack, owner } = sandbox();
  stack.catalog.add(owner, 'rule', 'r', { base64: false, topic: 't' });

  const { Properties } = onlyResource(stack, 'Custom::CausewayCatalog');

  expect(Properties['Entries']).toContainEqual({ kind: 'rule', name: 'r', document: '{"base64":false,"topic":"t"}' });
});

test('a platform without a database refuses whoever needs one', () => {
  const { stack, owner } = sandbox({}, { database: false });

  expect(() => stack.databaseFor(owner)).toThrow('a platform with a database');
});
