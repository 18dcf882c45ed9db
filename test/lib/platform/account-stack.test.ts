import { expect, test } from '@jest/globals';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { onlyResource, templateOf, testApp } from '../sandbox.ts';

test('IoT Core and API Gateway may write logs', () => {
  const stack = new AccountStack(testApp(), 'Account');

  expect(onlyResource(stack, 'AWS::IoT::Logging').Properties).toMatchObject({ DefaultLogLevel: 'ERROR' });
  expect(onlyResource(stack, 'AWS::ApiGateway::Account').Properties).toHaveProperty('CloudWatchRoleArn');
});

test('each service has a role of its own', () => {
  const template = templateOf(new AccountStack(testApp(), 'Account'));

  for (const Service of ['iot.amazonaws.com', 'apigateway.amazonaws.com']) {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service } }] },
    });
  }
});
