import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Duration, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Environment } from '../../../lib/platform/environment.ts';
import { HandlerFunction, type HandlerFunctionProps } from '../../../lib/platform/handler-function.ts';
import { assetOf, definitionsOf, onlyResource, templateOf, testApp } from '../sandbox.ts';

const PROPS = { environment: Environment.of({ name: 'test' }), entry: 'apic/data-api', description: 'Answers' };

function stackWith(props: Partial<HandlerFunctionProps> = {}): { stack: Stack; handler: HandlerFunction } {
  const stack = new Stack(testApp(), 'Lot');

  return { stack, handler: new HandlerFunction(stack, 'Answer', { ...PROPS, ...props }) };
}

test('a function runs on arm64 and Node 24, and knows its environment', () => {
  const { stack } = stackWith({ variables: { MORE: 'yes' } });

  expect(onlyResource(stack, 'AWS::Lambda::Function').Properties).toMatchObject({
    Architectures: ['arm64'],
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 29,
    Environment: { Variables: { CAUSEWAY_ENVIRONMENT: 'test', MORE: 'yes' } },
  });
});

test('its role may write its own log and nothing else', () => {
  const { stack } = stackWith();
  const policy = onlyResource(stack, 'AWS::IAM::Policy').Properties['PolicyDocument'];

  expect(onlyResource(stack, 'AWS::IAM::Role').Properties).not.toHaveProperty('ManagedPolicyArns');
  expect(policy).toMatchObject({
    Statement: [{ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow' }],
  });
});

test('its log is kept as long as the environment says', () => {
  expect(onlyResource(stackWith().stack, 'AWS::Logs::LogGroup').Properties).toMatchObject({ RetentionInDays: 30 });
});

test('a right is given to its role, with its conditions', () => {
  const { stack, handler } = stackWith();

  handler.allow(['s3:GetObject'], ['arn:aws:s3:::bucket/key'], { conditions: { StringEquals: { a: 'b' } } });

  expect(onlyResource(stack, 'AWS::IAM::Policy').Properties).toHaveProperty('PolicyDocument.Statement.1', {
    Action: 's3:GetObject',
    Effect: 'Allow',
    Resource: 'arn:aws:s3:::bucket/key',
    Condition: { StringEquals: { a: 'b' } },
  });
});

test('a service may call it for one source of the account only', () => {
  const { stack, handler } = stackWith();

  handler.allowInvocation('Rule', 'iot.amazonaws.com', 'arn:aws:iot:us-east-1:1:rule/r');

  expect(onlyResource(stack, 'AWS::Lambda::Permission').Properties).toMatchObject({
    Principal: 'iot.amazonaws.com',
    SourceArn: 'arn:aws:iot:us-east-1:1:rule/r',
    SourceAccount: { Ref: 'AWS::AccountId' },
  });
});

test('files are written when the template is, so they hold what came after the function', () => {
  const names: string[] = [];
  const { stack } = stackWith({ files: { 'definitions.json': () => ({ names }) } });
  names.push('late');

  expect(definitionsOf(stack, 'Answer')).toEqual({ names: ['late'] });
  expect(existsSync(join(assetOf(stack, 'Answer'), 'index.mjs'))).toBe(true);
});

test('more code, texts and files lie beside the handler, and count for the name of the asset', () => {
  const path = join(import.meta.dirname, 'handler-function.test.ts');
  const parts = { 'other.mjs': { entry: 'apic/not-found' }, 'copy.ts': { path }, 'script.js': { text: 'var a' } };
  const { stack } = stackWith({ parts });
  const asset = assetOf(stack, 'Answer');

  expect(readdirSync(asset).sort()).toEqual(['copy.ts', 'index.mjs', 'other.mjs', 'script.js']);
  expect(readFileSync(join(asset, 'copy.ts'))).toEqual(readFileSync(path));
  expect(codeOf(stack)['S3Key']).not.toBe(codeOf(stackWith({}).stack)['S3Key']);
});

test('an asset is named after what it holds', () => {
  const key = (value: string) => codeOf(stackWith({ files: { 'definitions.json': () => ({ value }) } }).stack)['S3Key'];

  expect(key('a')).toBe(key('a'));
  expect(key('a')).not.toBe(key('b'));
});

test('in a stage of a pipeline the asset is found from the stage', () => {
  const app = testApp();
  const stack = new Stack(new Stage(app, 'Test'), 'Lot');
  new HandlerFunction(stack, 'Answer', PROPS);
  const [assembly] = app.synth().nestedAssemblies;
  const directory = assembly?.nestedAssembly.directory ?? '';
  const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
  const template = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  const resources: { Type: string; Metadata?: Record<string, string> }[] = Object.values(template.Resources);
  const path = resources.find(({ Type }) => Type === 'AWS::Lambda::Function')?.Metadata?.['aws:asset:path'] ?? '';

  expect(existsSync(join(directory, path, 'index.mjs'))).toBe(true);
});

test('a value known only at deployment is refused in a file', () => {
  const token = Lazy.string({ produce: () => 'later' });
  const { stack } = stackWith({ files: { 'definitions.json': () => ({ token }) } });

  expect(() => templateOf(stack)).toThrow('definitions.json: received "a value known only at deployment"');
});

test('a file of more than 5 MB is refused', () => {
  const { stack } = stackWith({ files: { 'definitions.json': () => 'x'.repeat(6_000_000) } });

  expect(() => templateOf(stack)).toThrow('at most 5242880 bytes');
});

test.each<[string, Partial<HandlerFunctionProps>]>([
  ['entry', { entry: 'data-api' }],
  ['memory', { memory: 64 }],
  ['memory', { memory: 20_000 }],
  ['timeout', { timeout: Duration.minutes(16) }],
])('%s is refused: %j', (setting, props) => {
  expect(() => stackWith(props)).toThrow(`Lot/Answer: ${setting}: received`);
});

function codeOf(stack: Stack): Record<string, unknown> {
  return onlyResource(stack, 'AWS::Lambda::Function').Properties['Code'] as Record<string, unknown>;
}
