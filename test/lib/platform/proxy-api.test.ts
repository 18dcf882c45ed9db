import { beforeEach, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import { Environment } from '../../../lib/platform/environment.ts';
import { HandlerFunction } from '../../../lib/platform/handler-function.ts';
import { ProxyApi } from '../../../lib/platform/proxy-api.ts';
import { onlyResource, resourcesOf, templateOf, testApp } from '../sandbox.ts';

let stack: Stack;
let handler: HandlerFunction;
let api: ProxyApi;

beforeEach(() => {
  const environment = Environment.of();
  stack = new Stack(testApp(), 'Lot');
  handler = new HandlerFunction(stack, 'Handler', { environment, entry: 'apic/data-api', description: 'Answers' });
  api = new ProxyApi(stack, 'Api', {
    environment,
    name: 'Api',
    description: 'APIs',
    notFound: new HandlerFunction(stack, 'NotFound', { environment, entry: 'apic/not-found', description: 'Answers' }),
    authorizer: 'iam',
    closed: false,
    webAclArn: 'arn:aws:wafv2:us-east-1:1:regional/webacl/a/1',
    throttle: { rate: 1, burst: 2 },
  });
});

function methods(): string[] {
  return Object.values(resourcesOf(stack, 'AWS::ApiGateway::Method')).map(
    ({ Properties }) => `${Properties['HttpMethod']} ${Properties['AuthorizationType']}`,
  );
}

test('a route is authorised, everything else answers 404 to anyone', () => {
  api.addRoute({ method: 'GET', path: '/free', handler });

  expect(methods().sort()).toEqual(['ANY NONE', 'ANY NONE', 'ANY NONE', 'ANY NONE', 'GET AWS_IAM']);
});

test('a route for any method leaves no method for 404', () => {
  api.addRoute({ method: 'ANY', path: '/', handler });

  expect(methods().sort()).toEqual(['ANY AWS_IAM', 'ANY NONE']);
});

test('a method added past the API stops synthesis: it would bypass the authorizer', () => {
  api.addRoute({ method: 'GET', path: '/free', handler });
  api.restApi.root.addMethod('POST', new LambdaIntegration(handler.function));

  expect(() => templateOf(stack)).toThrow('POST / was added past its API: it would bypass the authorizer');
});

test('each function may be called by this API once, not once for every route', () => {
  api.addRoute({ method: 'GET', path: '/free', handler });
  api.addRoute({ method: 'GET', path: '/total', handler });

  expect(Object.keys(resourcesOf(stack, 'AWS::Lambda::Permission'))).toHaveLength(2);
});

test('bodies arrive as they were sent, calls are limited and logged, the firewall is asked first', () => {
  const template = templateOf(stack);

  template.hasResourceProperties('AWS::ApiGateway::RestApi', { BinaryMediaTypes: ['*/*'] });
  template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
    WebACLArn: 'arn:aws:wafv2:us-east-1:1:regional/webacl/a/1',
  });
  const { Properties } = onlyResource(stack, 'AWS::ApiGateway::Stage');
  expect(Properties).toMatchObject({
    StageName: 'RELEASE',
    MethodSettings: [
      { LoggingLevel: 'ERROR', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2, DataTraceEnabled: false },
    ],
  });
  expect(JSON.parse((Properties['AccessLogSetting'] as { Format: string }).Format)).toMatchObject({
    requestId: '$context.authorizer.requestId',
  });
});
