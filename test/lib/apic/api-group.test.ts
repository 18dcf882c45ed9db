import { beforeAll, describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { ApiGroup, type ApiGroupProps } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { definitionsOf, resourcesOf, sandbox, tableOf, templateOf } from '../sandbox.ts';

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

  test('every API passes the authorizer but the one that anyone may call', () => {
    const typesOf = (...ids: string[]) =>
      Object.entries(template.findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'GET' } }))
        .filter(([id]) => ids.length === 0 || ids.some((part) => id.includes(part)))
        .map(([, { Properties }]) => Properties.AuthorizationType);

    expect(typesOf('parkingfree')).toEqual(['CUSTOM']);
    expect(typesOf('parkingtotal')).toEqual(['NONE']);
    expect(typesOf()).toHaveLength(2);
  });

  test('the authorizer reads items by their keys and the secrets of apps, nothing else', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^ParkingAuthorizeRole'),
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
          Match.objectLike({ Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'] }),
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

test('only a function that gets signed bodies may have their signatures checked', () => {
  const [gets, posts] = [groupWith(), groupWith()];
  const { group, owner } = posts;
  new DataApi(posts.stack, 'Add', { group, app: owner, method: 'POST', path: '/add', sql: 'SELECT 1', reads: [] });

  const policies = [gets, posts].map(({ stack }) =>
    JSON.stringify(templateOf(stack).findResources('AWS::IAM::Policy')).includes('lambda:InvokeFunction'),
  );

  expect(policies).toEqual([false, true]);
});

test('a group that anyone may call has no authorizer', () => {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Parking');
  new DataApi(box.stack, 'Free', { group, app: box.owner, path: '/free', sql: 'SELECT 1', reads: [], auth: 'none' });

  expect(resourcesOf(box.stack, 'AWS::ApiGateway::Authorizer')).toEqual({});
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

const ORIGIN = 'https://app.example.com';

describe('a group whose APIs pages may call', () => {
  let box: ReturnType<typeof groupWith>;
  let template: Template;

  beforeAll(() => {
    box = groupWith({ cors: { origins: [ORIGIN], headers: ['X-Trace'] } });
    const { stack, owner, group } = box;
    const props = { group, app: owner, sql: 'SELECT 1', reads: [] };
    new DataApi(stack, 'Add', { ...props, method: 'POST', path: '/parking/free' });
    new DataApi(stack, 'Closed', { ...props, path: '/closed', cors: false });
    template = templateOf(stack);
  });

  test('each of their paths answers OPTIONS once, without authorisation', () => {
    template.resourcePropertiesCountIs('AWS::ApiGateway::Method', { HttpMethod: 'OPTIONS' }, 2);
    template.resourcePropertiesCountIs(
      'AWS::ApiGateway::Method',
      { HttpMethod: 'OPTIONS', AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY' } },
      2,
    );
  });

  test('every function that answers knows the rules', () => {
    for (const start of ['ParkingData', 'ParkingPreflight', 'ParkingNotFound']) {
      const { cors, apis } = definitionsOf<ApiDefinitions>(box.stack, start);

      expect(cors).toMatchObject({ origins: [ORIGIN], maxAgeSeconds: 600 });
      expect(cors?.headers).toEqual(
        expect.arrayContaining(['Authorization', 'X-Sdk-Date', 'X-Apig-AppCode', 'X-Trace']),
      );
      expect(apis.map((api) => [api.name, api.cors])).toContainEqual(['Free', true]);
      expect(apis.map((api) => [api.name, api.cors])).toContainEqual(['Closed', undefined]);
    }
  });

  test('pages may read what the gateway itself refuses', () => {
    template.allResourcesProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseParameters: {
        'gatewayresponse.header.X-Request-Id': 'context.requestId',
        'gatewayresponse.header.Access-Control-Allow-Origin': `'${ORIGIN}'`,
        'gatewayresponse.header.Access-Control-Expose-Headers': "'X-Request-Id'",
        'gatewayresponse.header.Vary': "'Origin'",
      },
    });
  });
});

test('of several origins the gateway’s refusals name the one that asks; of any, all', () => {
  const allowed = (origins: string[]) =>
    Object.values(resourcesOf(groupWith({ cors: { origins } }).stack, 'AWS::ApiGateway::GatewayResponse'))[0]
      ?.Properties['ResponseParameters'] as Record<string, string>;

  expect(allowed([ORIGIN, 'http://localhost:5173'])['gatewayresponse.header.Access-Control-Allow-Origin']).toBe(
    'method.request.header.Origin',
  );
  expect(allowed(['*'])).toMatchObject({ 'gatewayresponse.header.Access-Control-Allow-Origin': "'*'" });
  expect(allowed(['*'])).not.toHaveProperty(['gatewayresponse.header.Vary']);
});

test('without cors there is no OPTIONS and nothing for pages', () => {
  const template = JSON.stringify(templateOf(groupWith().stack).toJSON());

  expect(template).not.toContain('OPTIONS');
  expect(template).not.toContain('Access-Control');
});

test.each([
  ['cors.origins', { origins: [] }],
  ['cors.origins', { origins: ['*', ORIGIN] }],
  ['cors.origins', { origins: ['app.example.com'] }],
  ['cors.origins', { origins: ['https://app.example.com/'] }],
  ['cors.origins', { origins: ["https://x'"] }],
  ['cors.headers', { origins: [ORIGIN], headers: ['X Y'] }],
  ['cors.maxAge', { origins: [ORIGIN], maxAge: Duration.days(1) }],
])('%s is refused: %j', (setting, cors) => {
  expect(() => groupWith({ cors })).toThrow(`Lot/Parking: ${setting}: received`);
});

test('an API cannot be open to pages where its group is not', () => {
  const { stack, owner, group } = groupWith();

  expect(
    () => new DataApi(stack, 'Open', { group, app: owner, path: '/x', sql: 'SELECT 1', reads: [], cors: true }),
  ).toThrow('Lot/Open: cors: received true; allowed: false: Lot/Parking has no cors');
});
