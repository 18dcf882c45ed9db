import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateEventSourceMappingCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { refused } from '../../conformance/refused.ts';
import { temporaryFolder } from '../template/assembly-folder.ts';
import { SOURCE } from './event-source/records.ts';
import { CONSUMER_ROLE, type LambdaFixture, startLambda } from './lambda-fixture.ts';

let platform: LambdaFixture;
let client: LambdaClient;

beforeAll(async () => {
  platform = await startLambda();
  platform.allow('lambda:*');
  platform.grant('kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:DescribeStream', 'kinesis:ListShards');
  client = new LambdaClient({
    endpoint: platform.endpoint.url,
    region: 'us-east-1',
    credentials: platform.credentials,
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await platform.stop();
});

test('a synchronous invocation takes and answers at most 6 MB', async () => {
  platform.declare('Echo', `export const handler = async ({ bytes }) => 'x'.repeat(bytes)`);
  const invoke = (payload: object) =>
    client.send(new InvokeCommand({ FunctionName: 'Echo', Payload: Buffer.from(JSON.stringify(payload)) }));

  expect((await refused(invoke({ text: 'x'.repeat(6_291_556) }))).name).toBe('RequestTooLargeException');
  const answer = await invoke({ bytes: 6_291_556 });
  expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
  expect((await invoke({ bytes: 6_291_554 })).FunctionError).toBeUndefined();
});

test.each([
  ['BatchSize', 0, 10_001],
  ['MaximumBatchingWindowInSeconds', -1, 301],
  ['ParallelizationFactor', 0, 11],
  ['MaximumRecordAgeInSeconds', 59, 604_801],
  ['MaximumRetryAttempts', -2, 10_001],
] as const)('%s of a mapping is refused outside of its range', async (name, below, above) => {
  platform.declare('Consumer', 'export const handler = async () => {}');
  const create = (value: number) =>
    client.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'Consumer',
        EventSourceArn: SOURCE.streamArn,
        StartingPosition: 'TRIM_HORIZON',
        [name]: value,
      }),
    );

  for (const value of [below, above]) {
    expect(await refused(create(value))).toEqual({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining(`${name}: received ${value}`),
    });
  }
});

test.each([
  ['environment of more than 4 KB', { environment: { A: 'x'.repeat(4089) } }, 'exceeded the 4KB limit'],
  ['127 MiB of memory', { memorySize: 127 }, 'MemorySize: received 127'],
  ['10,241 MiB of memory', { memorySize: 10_241 }, 'MemorySize: received 10241'],
  ['a time-out of 901 s', { timeout: 901 }, 'Timeout: received 901'],
  ['a time-out of 0 s', { timeout: 0 }, 'Timeout: received 0'],
])('a function with %s is refused', (_, settings, message) => {
  expect(() => platform.declare('Bad', '', settings)).toThrow(message);
});

test('an environment of 4,096 bytes fits', () => {
  expect(() =>
    platform.declare('Full', '', { environment: { A: 'x'.repeat(4096 - '{"A":""}'.length) } }),
  ).not.toThrow();
});

test('code has at most 250 MB unpacked, and 4 MiB written into the template', () => {
  const directory = temporaryFolder();
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'index.mjs'), '');
  truncateSync(join(directory, 'index.mjs'), 262_144_001); // a sparse file: no bytes on disk
  const put = (source: { directory: string } | { zipFile: string }) => () =>
    platform.lambda.functions.put(settings, source);

  expect(put({ directory })).toThrow('Unzipped size must be smaller than 262144000 bytes');
  expect(put({ zipFile: ' '.repeat((4 << 20) + 1) })).toThrow('ZipFile must have length less than or equal to 4194304');
  expect(put({ zipFile: ' '.repeat(4 << 20) })).not.toThrow();
});

test('a resource policy has at most 20,480 bytes', () => {
  platform.declare('Called', 'export const handler = async () => {}');
  const permit = (n: number) =>
    platform.lambda.functions.putPermission('Called', `method-${n}`, {
      action: 'lambda:InvokeFunction',
      principal: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:us-east-1:000000000000:abcdefghij/RELEASE/GET/${n}/${'x'.repeat(800)}`,
    });

  for (let n = 0; n < 18; n += 1) permit(n);
  expect(() => permit(18)).toThrow(/^The final policy size \(\d+\) is bigger than the limit \(20480\)\.$/);
});

const settings = {
  name: 'Coded',
  roleArn: CONSUMER_ROLE,
  handler: 'index.handler',
  runtime: 'nodejs24.x',
  description: '',
  memorySize: 128,
  timeout: 10,
  environment: {},
  logGroup: '/aws/lambda/Coded',
};
