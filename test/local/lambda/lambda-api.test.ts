import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SOURCE } from './event-source/records.ts';
import { type LambdaFixture, startLambda } from './lambda-fixture.ts';

const READ = ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:DescribeStream', 'kinesis:ListShards'];
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Consumer';
const START = { FunctionName: 'Consumer', EventSourceArn: SOURCE.streamArn, StartingPosition: 'TRIM_HORIZON' } as const;
let platform: LambdaFixture;
let client: LambdaClient;

beforeEach(async () => {
  platform = await startLambda();
  platform.allow('lambda:*');
  platform.grant(...READ);
  platform.declare('Consumer', 'export const handler = async (event) => ({ got: event })');
  client = new LambdaClient({
    endpoint: platform.endpoint.url,
    region: 'us-east-1',
    credentials: platform.credentials,
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await platform.stop();
});

test('a mapping is created, found, changed and deleted as the SDK client asks for it', async () => {
  const created = await client.send(
    new CreateEventSourceMappingCommand({
      ...START,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: new Date('2026-11-24T00:00:00.500Z'),
      BatchSize: 500,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  );
  const UUID = created.UUID;

  expect(created).toMatchObject({
    State: 'Creating',
    FunctionArn: FUNCTION_ARN,
    EventSourceArn: SOURCE.streamArn,
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: new Date('2026-11-24T00:00:00.500Z'),
    BatchSize: 500,
    MaximumBatchingWindowInSeconds: 0,
    ParallelizationFactor: 1,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: false,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    LastProcessingResult: 'No records processed',
    LastModified: expect.any(Date),
  });
  const listed = await client.send(new ListEventSourceMappingsCommand({ FunctionName: FUNCTION_ARN }));
  expect(listed.EventSourceMappings?.map((one) => one.UUID)).toEqual([UUID]);
  const updated = await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  expect(updated.State).toBe('Disabling');
  await platform.lambda.eventSources.settled(UUID ?? '');
  expect(await client.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
    State: 'Disabled',
    BatchSize: 500,
  });
  expect((await client.send(new DeleteEventSourceMappingCommand({ UUID }))).State).toBe('Deleting');
  await expect(client.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test.each(READ)('without %s no mapping can be made, in the words of AWS', async (missing) => {
  platform.grant(...READ.filter((action) => action !== missing));

  await expect(client.send(new CreateEventSourceMappingCommand(START))).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: `Cannot access stream ${SOURCE.streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.`,
  });
});

test('a second mapping of the same stream and function is a conflict that names the first', async () => {
  const { UUID } = await client.send(new CreateEventSourceMappingCommand(START));

  await expect(client.send(new CreateEventSourceMappingCommand(START))).rejects.toMatchObject({
    name: 'ResourceConflictException',
    message: expect.stringContaining(`Please update or delete the existing mapping with UUID ${UUID}`),
  });
});

test('a stream that is not there is refused', async () => {
  const EventSourceArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/None';

  await expect(client.send(new CreateEventSourceMappingCommand({ ...START, EventSourceArn }))).rejects.toThrow(
    `Stream not found: ${EventSourceArn}`,
  );
});

test('the caller needs the right for the function a mapping is of', async () => {
  const { UUID } = await client.send(new CreateEventSourceMappingCommand(START));
  const statement = (functionArn: string) => ({
    Effect: 'Allow',
    Action: 'lambda:*',
    Resource: '*',
    Condition: { ArnEquals: { 'lambda:FunctionArn': functionArn } },
  });
  const get = () => client.send(new GetEventSourceMappingCommand({ UUID }));

  platform.iam.putPolicy('Allowed', ['Caller'], { Statement: [statement(FUNCTION_ARN)] });
  expect((await get()).UUID).toBe(UUID);
  platform.iam.putPolicy('Allowed', ['Caller'], { Statement: [statement(`${FUNCTION_ARN}Other`)] });
  await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a function is invoked, and its errors are told apart from answers', async () => {
  platform.declare('Fail', `export const handler = async () => { throw new TypeError('no'); }`);
  const call = async (FunctionName: string) => {
    const { Payload, FunctionError, StatusCode } = await client.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify({ a: 1 }) }),
    );

    return { StatusCode, FunctionError, payload: JSON.parse(Payload?.transformToString() ?? '') };
  };

  expect(await call(FUNCTION_ARN)).toEqual({ StatusCode: 200, FunctionError: undefined, payload: { got: { a: 1 } } });
  expect(await call('Fail')).toMatchObject({ FunctionError: 'Unhandled', payload: { errorType: 'TypeError' } });
  await expect(call('None')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('an asynchronous invocation is taken at once, a dry run runs nothing; a function that is not there is refused to both', async () => {
  const invoke = (FunctionName: string, InvocationType: 'Event' | 'DryRun') =>
    client.send(new InvokeCommand({ FunctionName, InvocationType, Payload: '{"a":1}' }));

  expect(await invoke('Consumer', 'Event')).toMatchObject({ StatusCode: 202 });
  expect(await invoke('Consumer', 'DryRun')).toMatchObject({ StatusCode: 204 });
  await expect(invoke('None', 'Event')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the configuration of a function can be read', async () => {
  expect(await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'Consumer' }))).toMatchObject({
    FunctionArn: FUNCTION_ARN,
    Runtime: 'nodejs24.x',
    State: 'Active',
    Timeout: 10,
  });
});
