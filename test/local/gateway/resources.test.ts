import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { apiGatewayAuthorizer } from '../../../local/resources/api-gateway-authorizer.ts';
import { apiGatewayDeployment } from '../../../local/resources/api-gateway-deployment.ts';
import { apiGatewayGatewayResponse } from '../../../local/resources/api-gateway-gateway-response.ts';
import { apiGatewayMethod } from '../../../local/resources/api-gateway-method.ts';
import { apiGatewayResource } from '../../../local/resources/api-gateway-resource.ts';
import { apiGatewayRestApi } from '../../../local/resources/api-gateway-rest-api.ts';
import { apiGatewayStage } from '../../../local/resources/api-gateway-stage.ts';
import { addAuthorizer, addResponse, type GatewayFixture, startGateway, uriOf } from './gateway-fixture.ts';

let gateway: GatewayFixture;

beforeEach(async () => {
  gateway = await startGateway();
});

afterEach(() => gateway.stop());

const integration = (more: object) => ({ Integration: { Type: 'AWS_PROXY', Uri: uriOf('data'), ...more } });

test.each<[string, object, string]>([
  ['a mock', integration({ Type: 'MOCK' }), 'integrations of type MOCK are not run locally'],
  ['an HTTP integration', integration({ Type: 'HTTP_PROXY' }), 'integrations of type HTTP_PROXY'],
  ['no integration', { Integration: undefined }, 'integrations of type (none)'],
  ['another service', integration({ Uri: 'arn:aws:apigateway:us-east-1:sqs:path/q' }), 'names no Lambda function'],
  ['a role', integration({ Credentials: 'arn:aws:iam::000000000000:role/r' }), 'Credentials of an integration'],
  ['streaming', integration({ ResponseTransferMode: 'STREAM' }), 'ResponseTransferMode STREAM'],
  ['a time-out of 30 s', integration({ TimeoutInMillis: 30_000 }), 'TimeoutInMillis 30000'],
  ['a validator', { RequestValidatorId: 'v' }, 'RequestValidatorId of a method'],
  ['an API key', { ApiKeyRequired: true }, 'ApiKeyRequired'],
  ['a user pool', { AuthorizationType: 'COGNITO_USER_POOLS' }, 'AuthorizationType COGNITO_USER_POOLS'],
])('a method with %s is refused by name', (_, properties, reason) => {
  expect(() => gateway.method('GET', '/free', properties)).toThrow(reason);
});

test.each<[string, object, string]>([
  ['TOKEN', { Type: 'TOKEN' }, 'authorizers of type TOKEN are not run locally'],
  ['a role', { AuthorizerCredentials: 'arn:aws:iam::000000000000:role/r' }, 'AuthorizerCredentials'],
  ['a cache without identity', { AuthorizerResultTtlInSeconds: 1 }, 'needs an IdentitySource'],
  ['the default cache without identity', { AuthorizerResultTtlInSeconds: undefined }, 'needs an IdentitySource'],
  ['a cache of more than an hour', { AuthorizerResultTtlInSeconds: 3601 }, 'AuthorizerResultTtlInSeconds 3601'],
  ['a path parameter as identity', { IdentitySource: 'method.request.path.id' }, 'method.request.path.id'],
  ['an unknown context variable', { IdentitySource: 'context.protocol' }, 'context.protocol'],
])('an authorizer with %s is refused by name', (_, properties, reason) => {
  expect(() => addAuthorizer(gateway, properties)).toThrow(reason);
});

test.each(['Body', 'Policy', 'CloneFrom', 'MinimumCompressionSize'])(
  'a RestApi with %s is refused by name',
  (property) => {
    expect(() => gateway.apply(apiGatewayRestApi, 'Other', { Name: 'Other', [property]: {} })).toThrow(property);
  },
);

test.each([{ CacheClusterEnabled: true }, { CanarySetting: {} }, { ClientCertificateId: 'c' }])(
  'a stage with %j is refused by name',
  (properties) => {
    const stage = { RestApiId: gateway.ids.api, StageName: 'TEST', ...properties };

    expect(() => gateway.apply(apiGatewayStage, 'Test', stage)).toThrow(Object.keys(properties)[0]);
  },
);

test('a deployment that would make a stage is refused, and a plain one only has an id', () => {
  const deployment = { RestApiId: gateway.ids.api };

  expect(() => gateway.apply(apiGatewayDeployment, 'D', { ...deployment, StageName: 'x' })).toThrow('StageName');
  expect(gateway.apply(apiGatewayDeployment, 'D', deployment).ref).toMatch(/^[0-9a-z]{6}$/);
});

test('ids are those of the API, and the same at every start', async () => {
  const { ids } = gateway;
  await gateway.stop();
  gateway = await startGateway();

  expect(gateway.ids).toEqual(ids);
  expect(ids.api).toMatch(/^[0-9a-z]{10}$/);
});

test('what leaves the template leaves the gateway', async () => {
  const { api } = gateway.ids;
  const status = () => gateway.call('/Parking/free').then((answer) => answer.status);
  gateway.method('GET', '/free');
  addResponse(gateway, 'MISSING_AUTHENTICATION_TOKEN', { StatusCode: '418' });
  addResponse(gateway, 'DEFAULT_4XX', { StatusCode: '420' });
  const AuthorizerId = addAuthorizer(gateway);
  expect(await status()).toBe(200);

  gateway.remove(apiGatewayMethod, 'm', { RestApiId: api }, 'Test-GET /free');
  expect(await status()).toBe(418);
  gateway.method('GET', '/free');
  const { ref } = gateway.apply(apiGatewayResource, 'free', {
    RestApiId: api,
    ParentId: gateway.ids.root,
    PathPart: 'free',
  });
  gateway.remove(apiGatewayResource, 'free', { RestApiId: api }, ref);
  expect(await status()).toBe(418);
  const response = gateway.apply(apiGatewayGatewayResponse, 'MISSING_AUTHENTICATION_TOKEN', {
    RestApiId: api,
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN',
  });
  gateway.remove(apiGatewayGatewayResponse, 'r', { RestApiId: api }, response.ref);
  expect(await status()).toBe(420);
  gateway.method('GET', '/free', { AuthorizationType: 'CUSTOM', AuthorizerId });
  gateway.remove(apiGatewayAuthorizer, 'a', { RestApiId: api }, AuthorizerId);
  expect(await status()).toBe(500);
  gateway.remove(apiGatewayStage, 's', { RestApiId: api }, 'RELEASE');
  expect(await status()).toBe(403);
  gateway.remove(apiGatewayRestApi, 'Api', {}, api);
  expect(await status()).toBe(403);
});
