import { expect, test } from '@jest/globals';
import type { EventSourceSettings } from '../../../core/fdi/event-source.ts';
import { eventSources } from '../../../functions/shared/event-sources.ts';
import { awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();
const ID = '14e0db71-5d35-4eb5-b481-8945cf9d10c2';
const PATH = `/2015-03-31/event-source-mappings/${ID}`;
const SETTINGS: EventSourceSettings = {
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/ParkingEvents',
  startingPosition: 'earliest',
  batchSize: 1000,
  batchingWindowSeconds: 0,
};

const conflict = () =>
  awsError(
    'ResourceConflictException',
    `The event source arn (" x ") and function (" y ") provided mapping already exists. Please update or delete the existing mapping with UUID ${ID}`,
    409,
  );

test('a mapping retries without end, reports what is unwritten and is halved only when the consumer crashes', async () => {
  aws.reply = () => ({ status: 202, body: { UUID: ID } });

  expect(await eventSources().create(SETTINGS, 'oldest')).toBe(ID);

  expect(aws.requests[0]?.body).toEqual({
    FunctionName: SETTINGS.functionArn,
    EventSourceArn: SETTINGS.streamArn,
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 1000,
    ParallelizationFactor: 1,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: -1,
    Enabled: true,
  });
});

test('a mapping has the lanes it is asked for, made and changed', async () => {
  aws.reply = () => ({ status: 202, body: { UUID: ID } });
  await eventSources().create({ ...SETTINGS, parallelization: 10 }, 'oldest');
  await eventSources().update(ID, SETTINGS, { ...SETTINGS, parallelization: 10 });

  expect(aws.requests.map(({ body }) => body)).toMatchObject([
    { ParallelizationFactor: 10 },
    { ParallelizationFactor: 1 },
  ]);
});

test('a start time and a window are sent', async () => {
  aws.reply = () => ({ status: 202, body: { UUID: ID } });
  await eventSources().create({ ...SETTINGS, batchingWindowSeconds: 5 }, new Date('2026-11-01T08:00:00Z'));

  expect(aws.requests[0]?.body).toMatchObject({
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: 1_793_520_000,
    MaximumBatchingWindowInSeconds: 5,
  });
});

test('a mapping that exists already is found by the refusal', async () => {
  aws.reply = ({ method }) => (method === 'GET' ? { status: 200, body: { UUID: ID, State: 'Enabled' } } : conflict());

  expect(await eventSources().create(SETTINGS, 'oldest')).toBe(ID);
});

test('a mapping that is being deleted is none to be found', async () => {
  aws.reply = ({ method }) => (method === 'GET' ? { status: 200, body: { UUID: ID, State: 'Deleting' } } : conflict());

  await expect(eventSources().create(SETTINGS, 'oldest')).rejects.toThrow(`${ID} is still being deleted`);
});

test('any other refusal to create is thrown', async () => {
  aws.reply = () => awsError('InvalidParameterValueException', 'The role cannot read the stream');

  await expect(eventSources().create(SETTINGS, 'oldest')).rejects.toThrow('The role cannot read the stream');
});

test('an update never says whether the mapping is enabled, and takes a window back', async () => {
  aws.reply = () => ({ status: 202, body: {} });
  await eventSources().update(ID, SETTINGS, { ...SETTINGS, batchingWindowSeconds: 5 });

  const [request] = aws.requests;
  expect([request?.method, request?.path]).toEqual(['PUT', PATH]);
  expect(request?.body).toMatchObject({ BatchSize: 1000, MaximumBatchingWindowInSeconds: 0 });
  expect(request?.body).not.toHaveProperty('Enabled');
});

test('a change waits for the one before it', async () => {
  const replies = [awsError('ResourceInUseException', 'a change is under way', 400)];
  aws.reply = () => replies.shift() ?? { status: 202, body: {} };
  await eventSources().setEnabled(ID, false);

  expect(aws.requests.map(({ body }) => body)).toEqual([{ Enabled: false }, { Enabled: false }]);
});

test.each([
  ['Enabled', true],
  ['Enabling', true],
  ['Creating', true],
  ['Updating', true],
  ['Disabling', false],
  ['Disabled', false],
])('a mapping that is %s counts as enabled: %s', async (State, enabled) => {
  aws.reply = () => ({ body: { UUID: ID, State, EventSourceArn: SETTINGS.streamArn } });

  expect(await eventSources().find(ID)).toEqual({
    id: ID,
    enabled,
    streamArn: SETTINGS.streamArn,
    startAt: 'oldest',
  });
});

test('a mapping that began at a time says so', async () => {
  aws.reply = () => ({ body: { UUID: ID, State: 'Enabled', StartingPositionTimestamp: 1_793_520_000.25 } });

  expect((await eventSources().find(ID))?.startAt).toEqual(new Date('2026-11-01T08:00:00.250Z'));
});

test('a mapping that is going or gone is not there', async () => {
  aws.reply = () => ({ body: { UUID: ID, State: 'Deleting' } });
  expect(await eventSources().find(ID)).toBeUndefined();

  aws.reply = () => awsError('ResourceNotFoundException', 'no such mapping', 404);
  expect(await eventSources().find(ID)).toBeUndefined();
});

test('removing waits until the mapping is gone', async () => {
  aws.reply = ({ method }) =>
    method === 'DELETE'
      ? { status: 202, body: { State: 'Deleting' } }
      : awsError('ResourceNotFoundException', 'gone', 404);
  await eventSources().remove(ID, () => 60_000);

  expect(aws.requests.map(({ method }) => method)).toEqual(['DELETE', 'GET']);
});

test('removing what is gone already is no fault', async () => {
  aws.reply = () => awsError('ResourceNotFoundException', 'gone', 404);

  await expect(eventSources().remove(ID, () => 60_000)).resolves.toBeUndefined();
});

test('a mapping that is gone, and that nobody may delete for that reason, is gone', async () => {
  const denied = awsError('AccessDeniedException', 'not authorized to perform: lambda:DeleteEventSourceMapping', 403);
  aws.reply = ({ method }) => (method === 'DELETE' ? denied : awsError('ResourceNotFoundException', 'gone', 404));
  await expect(eventSources().remove(ID, () => 60_000)).resolves.toBeUndefined();

  aws.reply = ({ method }) => (method === 'DELETE' ? denied : { status: 200, body: { State: 'Enabled' } });
  await expect(eventSources().remove(ID, () => 60_000)).rejects.toThrow('not authorized');
});

test('a mapping that takes longer than there is time is said so', async () => {
  aws.reply = () => ({ status: 202, body: { State: 'Deleting' } });

  await expect(eventSources().remove(ID, () => 0)).rejects.toThrow(
    `The event source mapping ${ID} is still being deleted`,
  );
});

test('an epoch is an alias of the function as it is deployed, made once', async () => {
  aws.reply = () => ({ status: 201, body: {} });
  await eventSources().addEpoch(SETTINGS.functionArn, 2);

  expect(aws.requests).toMatchObject([{ method: 'POST', body: { Name: 'epoch-2', FunctionVersion: '$LATEST' } }]);
  expect(decodeURIComponent(aws.requests[0]?.path ?? '')).toBe(`/2015-03-31/functions/${SETTINGS.functionArn}/aliases`);
  aws.reply = () => awsError('ResourceConflictException', 'Alias already exists', 409);
  await eventSources().addEpoch(SETTINGS.functionArn, 2);
  aws.reply = () => awsError('AccessDeniedException', 'no', 403);
  await expect(eventSources().addEpoch(SETTINGS.functionArn, 2)).rejects.toThrow('no');
});
