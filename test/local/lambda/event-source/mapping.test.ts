import { expect, test } from '@jest/globals';
import { type MappingRequest, readSettings, readStart } from '../../../../local/lambda/event-source/mapping.ts';

test('a mapping without settings has the defaults of Kinesis', () => {
  expect(readSettings({})).toEqual({
    enabled: true,
    batchSize: 100,
    batchingWindow: 0,
    parallelizationFactor: 1,
    bisectOnError: false,
    maximumRecordAge: -1,
    maximumRetryAttempts: -1,
    reportItemFailures: false,
  });
});

test('an update changes what it mentions and nothing else', () => {
  const before = readSettings({
    Enabled: false,
    BatchSize: 7,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::errors' } },
  });

  expect(readSettings({ BatchSize: 8 }, before)).toEqual({ ...before, batchSize: 8 });
  expect(readSettings({ FunctionResponseTypes: [], DestinationConfig: {} }, before)).toEqual({
    ...readSettings({ Enabled: false, BatchSize: 7 }),
  });
});

test.each<[MappingRequest & Record<string, unknown>, string]>([
  [{ BatchSize: 0 }, 'BatchSize: received 0; allowed: a whole number from 1 to 10000'],
  [{ BatchSize: 10_001 }, 'BatchSize: received 10001'],
  [{ MaximumBatchingWindowInSeconds: 301 }, 'MaximumBatchingWindowInSeconds: received 301'],
  [{ ParallelizationFactor: 11 }, 'ParallelizationFactor: received 11; allowed: a whole number from 1 to 10'],
  [
    { MaximumRecordAgeInSeconds: 59 },
    'MaximumRecordAgeInSeconds: received 59; allowed: a whole number from 60 to 604800',
  ],
  [{ MaximumRetryAttempts: -2 }, 'MaximumRetryAttempts: received -2'],
  [{ FunctionResponseTypes: ['All'] }, 'FunctionResponseTypes: received All'],
  [{ FilterCriteria: {} }, 'FilterCriteria is not served by the local platform'],
  [{ TumblingWindowInSeconds: 30 }, 'TumblingWindowInSeconds is not served by the local platform'],
  [{ DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:0:q' } } }, 'serves buckets only'],
])('%j is refused', (request, reason) => {
  expect(() => readSettings(request)).toThrow(reason);
});

test('a stream has to be told where to begin', () => {
  expect(readStart({ StartingPosition: 'TRIM_HORIZON' })).toEqual({ startingPosition: 'TRIM_HORIZON' });
  expect(readStart({ StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1.5 })).toEqual({
    startingPosition: 'AT_TIMESTAMP',
    startingTimestamp: 1500,
  });
  expect(() => readStart({ StartingPosition: 'AT_TIMESTAMP' })).toThrow('StartingPositionTimestamp is required');
  expect(() => readStart({})).toThrow('StartingPosition is required');
});
