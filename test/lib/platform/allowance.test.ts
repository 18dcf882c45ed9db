import { expect, test } from '@jest/globals';
import { Fn, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { statementFor } from '../../../lib/platform/allowance.ts';
import { testApp } from '../sandbox.ts';

function roleIn(stack: Stack): Role {
  return new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
}

test('a pattern nobody gives a reason for is refused', () => {
  const role = roleIn(new Stack(testApp(), 'Lot'));

  expect(() => statementFor(role, { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b/*'] })).toThrow(
    'Lot/Role: because (s3:GetObject): received undefined; allowed: a reason for the pattern arn:aws:s3:::b/*',
  );
});

test('a pattern with a reason is accepted under the name the security rules give it', () => {
  const stack = new Stack(testApp(), 'Lot');
  const role = roleIn(stack);
  const bucket = new Bucket(stack, 'Bucket');
  const resources = [
    bucket.arnForObjects('*'),
    `${Fn.importValue('Platform:Store')}/*`,
    stack.formatArn({ service: 'iot', resource: 'thing', resourceName: 'd*' }),
  ];

  statementFor(role, { actions: ['x:Do'], resources, because: 'All of them.' });

  const [logicalId] = stack.resolve(bucket.bucketArn)['Fn::GetAtt'];
  expect(acknowledgedOn(role)).toEqual([
    `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
    'AwsSolutions-IAM5[Resource::Platform:Store/*]',
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:thing/d*]',
  ]);
});

test('one thing needs no reason', () => {
  const role = roleIn(new Stack(testApp(), 'Lot'));

  expect(statementFor(role, { actions: ['x:Do'], resources: ['arn:aws:x:::one'] }).toStatementJson()).toEqual({
    Action: 'x:Do',
    Effect: 'Allow',
    Resource: 'arn:aws:x:::one',
  });
  expect(acknowledgedOn(role)).toEqual([]);
});

function acknowledgedOn(role: Role): string[] {
  return role.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.keys(data as object))
    .map((id) => id.replace(/^\w+::(?=AwsSolutions)/, ''));
}
