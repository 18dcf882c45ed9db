import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { ApiGroup, type ApiGroupProps } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { sandbox, tableOf, templateOf } from '../sandbox.ts';

function groupWith(props: ApiGroupProps = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Parking', props);
  const reads = [tableOf(box)];
  new DataApi(box.stack, 'Free', { group, app: box.owner, path: '/parking/free', sql: 'SELECT 1', reads });
  new DataApi(box.stack, 'Total', {
    group,
    app: box.owner,
    path: '/parking/total',
    sql: 'SELECT 1',
    reads,
    auth: 'none',
  });

  return { ...box, group };
}

describe('a group with two APIs', () => {
  let template: Template;

  beforeAll(() => {
    template = templateOf(groupWith().stack);
  });

  test('the authorizer judges every call anew', () => {
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: Match.absent(),
    });
  });

  test('every API passes the authorizer, also one that anyone may call', () => {
    template.resourcePropertiesCountIs(
      'AWS::ApiGateway::Method',
      { HttpMethod: 'GET', AuthorizationType: 'CUSTOM' },
      2,
    );
    template.resourcePropertiesCountIs('AWS::ApiGateway::Method', { HttpMethod: 'GET' }, 2);
  });

  test('the authorizer reads one item at a time and the secrets of apps, nothing else', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^ParkingAuthorizeRole'),
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
          Match.objectLike({ Action: 'dynamodb:GetItem' }),
          Match.objectLike({
            Action: 'secretsmanager:GetSecretValue',
            Resource: { 'Fn::Join': ['', Match.arrayWith([':secret:causeway/production/app/*'])] },
          }),
        ],
      },
    });
  });

  test('what answers from the database cannot read the secrets of apps', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^ParkingDataRole'),
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
          Match.objectLike({ Action: Match.arrayWith(['rds-data:ExecuteStatement']) }),
          Match.objectLike({
            Action: 'secretsmanager:GetSecretValue',
            Resource: { 'Fn::ImportValue': Match.stringLikeRegexp('Secretcausewayapi') },
          }),
          Match.objectLike({ Action: 'lambda:InvokeFunction' }),
        ],
      },
    });
  });

  test('an output says where it answers', () => {
    expect(Object.keys(template.findOutputs('*'))).toContain('CausewayApiParking');
  });

  test('the gateway knows it by its name', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { Name: 'Parking' });
  });
});

test('two APIs of one name are refused', () => {
  const { stack, owner, group } = groupWith();

  expect(
    () => new DataApi(stack, 'Second', { name: 'Free', group, app: owner, path: '/x', sql: 'SELECT 1', reads: [] }),
  ).toThrow('Lot/Second: name: received "Free"; allowed: a name no other API of Lot/Parking has');
});

test('two APIs of one method and path are refused', () => {
  const { stack, owner, group } = groupWith();

  expect(
    () => new DataApi(stack, 'Second', { group, app: owner, path: '/parking/free', sql: 'SELECT 1', reads: [] }),
  ).toThrow('each method and path once');
});

test('data APIs on a platform without a database are refused', () => {
  const { stack, owner } = sandbox({}, { database: false });
  const group = new ApiGroup(stack, 'Parking');

  expect(() => new DataApi(stack, 'Free', { group, app: owner, path: '/free', sql: 'SELECT 1', reads: [] })).toThrow(
    'Lot/Parking: platform: received "database: false"; allowed: a platform with a database',
  );
});

test.each<[string, ApiGroupProps]>([
  ['name', { name: 'x' }],
  ['throttle.rate', { throttle: { rate: 0, burst: 1 } }],
  ['throttle.burst', { throttle: { rate: 1, burst: 6000 } }],
])('%s is refused: %j', (setting, props) => {
  const { stack } = sandbox();

  expect(() => new ApiGroup(stack, 'Parking', props)).toThrow(`Lot/Parking: ${setting}: received`);
});
