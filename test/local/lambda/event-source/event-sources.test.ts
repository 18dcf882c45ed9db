import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLambdaEngine } from '../../../../local/lambda/lambda-engine.ts';
import { type LambdaFixture, startLambda } from '../lambda-fixture.ts';
import { SOURCE } from './records.ts';

const START = { FunctionName: 'Consumer', EventSourceArn: SOURCE.streamArn, StartingPosition: 'TRIM_HORIZON' };
/** Prints the size of each batch and its last sequence number. */
const CONSUMER = `export const handler = async ({ Records }) => {
  console.log(JSON.stringify({ size: Records.length, last: Number(Records.at(-1).kinesis.sequenceNumber.slice(4)) }));
};`;
let platform: LambdaFixture;

beforeEach(async () => {
  platform = await startLambda();
  platform.grant('kinesis:*', 's3:PutObject');
  platform.declare('Consumer', CONSUMER);
});

afterEach(() => platform.stop());

const sources = () => platform.lambda.eventSources;

/** Waits until the consumer has seen the record with this index. */
async function seen(last: number): Promise<readonly { size: number; last: number }[]> {
  for (;;) {
    const lines = logLines('Consumer').map((line) => JSON.parse(line));
    if (lines.some((line) => line.last >= last)) return lines;
    await sleep(10);
  }
}

function logLines(name: string): readonly string[] {
  try {
    return platform.log(name);
  } catch {
    return [];
  }
}

async function checkpoint(uuid: string, contains: string): Promise<void> {
  const file = join(platform.host.state, 'lambda', 'checkpoints', `${uuid}.json`);
  for (;;) {
    try {
      if (readFileSync(file, 'utf8').includes(contains)) return;
    } catch {
      // not written yet
    }
    await sleep(10);
  }
}

test('records reach the function in batches of the size set, oldest first', async () => {
  platform.stream.append(25);
  sources().open();
  await sources().create({ ...START, BatchSize: 10 });

  expect(await seen(24)).toEqual([
    { size: 10, last: 9 },
    { size: 10, last: 19 },
    { size: 5, last: 24 },
  ]);
});

test('nothing is polled before the platform is open, and LATEST begins when the mapping was made', async () => {
  platform.stream.append(3);
  await sleep(2);
  await sources().create({ ...START, StartingPosition: 'LATEST' });
  platform.stream.append(2);
  expect(logLines('Consumer')).toEqual([]);

  sources().open();

  expect(await seen(4)).toEqual([{ size: 2, last: 4 }]);
});

test('a restart goes on behind the last acknowledged batch, of the same mapping', async () => {
  platform.stream.append(5);
  sources().open();
  const { uuid } = await sources().create(START);
  await seen(4);
  await checkpoint(uuid, platform.stream.records[4]?.sequenceNumber ?? '?');
  await platform.lambda.stop();

  const again = createLambdaEngine(platform.host);
  platform.stream.append(2);
  again.functions.put(
    {
      name: 'Consumer',
      roleArn: SOURCE.roleArn,
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      description: '',
      memorySize: 128,
      timeout: 10,
      environment: {},
      logGroup: '',
    },
    { directory: '/nowhere' },
  );
  await again.open?.();
  try {
    expect(await seen(6)).toEqual([
      { size: 5, last: 4 },
      { size: 2, last: 6 },
    ]);
    await checkpoint(uuid, platform.stream.records[6]?.sequenceNumber ?? '?');
    expect(again.eventSources.get(uuid)).toMatchObject({ state: 'Enabled', lastProcessingResult: 'OK' });
  } finally {
    await again.stop();
  }
});

test('a disabled mapping keeps its place', async () => {
  sources().open();
  const { uuid } = await sources().create({ ...START, Enabled: false });
  platform.stream.append(3);
  expect(sources().get(uuid).state).toBe('Disabled');
  await sources().update(uuid, { Enabled: true });
  await sources().settled(uuid);

  expect(sources().get(uuid).state).toBe('Enabled');
  expect(await seen(2)).toEqual([{ size: 3, last: 2 }]);
});

test('a right that is taken away stops the reading and is told', async () => {
  sources().open();
  platform.grant('kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:DescribeStream', 'kinesis:ListShards');
  const { uuid } = await sources().create(START);
  platform.grant('kinesis:ListShards');
  platform.stream.append(1);
  while (!sources().get(uuid).lastProcessingResult.startsWith('PROBLEM')) await sleep(10);

  expect(sources().get(uuid).lastProcessingResult).toContain('is not authorized to perform: kinesis:Get');
  expect(logLines('Consumer')).toEqual([]);
});

test('records of a consumer are pushed, and nobody polls', async () => {
  sources().open();
  const consumer = `${SOURCE.streamArn}/consumer/reader:1790000000`;
  await sources().create({ ...START, EventSourceArn: consumer });
  platform.stream.append(3);
  await seen(2);
  platform.stream.append(2);

  expect((await seen(4)).at(-1)).toEqual({ size: 2, last: 4 });
  expect(platform.stream.polls).toBe(0);
  expect(sources().list({ streamArn: consumer })).toHaveLength(1);
  expect(sources().list({ streamArn: SOURCE.streamArn })).toEqual([]);
});

test('a role that may poll the stream and not subscribe gets no mapping of a consumer', async () => {
  platform.grant('kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:DescribeStream', 'kinesis:ListShards');
  const EventSourceArn = `${SOURCE.streamArn}/consumer/reader:1790000000`;

  await expect(sources().create({ ...START, EventSourceArn })).rejects.toThrow(/can perform the SubscribeToShard/);
});

test('what is given up is in the bucket, with the whole event', async () => {
  platform.declare('Consumer', `export const handler = async () => { throw new Error('never'); };`);
  await platform.host.engines.store.applyBucket('errors');
  platform.stream.append(2);
  sources().open();
  const { uuid } = await sources().create({
    ...START,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::errors' } },
  });
  await checkpoint(uuid, platform.stream.records[1]?.sequenceNumber ?? '?');

  const [key = ''] = await platform.host.engines.store.list('errors');
  const kept = JSON.parse((await platform.host.engines.store.get('errors', key)).toString());
  expect(key).toMatch(
    new RegExp(
      `^aws/lambda/${uuid}/${SOURCE.shardId}/\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-`,
    ),
  );
  expect(kept).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
    KinesisBatchInfo: { shardId: SOURCE.shardId, batchSize: 2, streamArn: SOURCE.streamArn },
  });
  expect(JSON.parse(kept.payload).Records).toHaveLength(2);
});

test('with several lanes each key keeps its order and the checkpoint reaches the end', async () => {
  platform.declare(
    'Consumer',
    `export const handler = async ({ Records }) => { for (const { kinesis } of Records) console.log(kinesis.partitionKey + ' ' + Number(kinesis.sequenceNumber.slice(4))); };`,
  );
  platform.stream.append(70);
  sources().open();
  const { uuid } = await sources().create({ ...START, ParallelizationFactor: 4, BatchSize: 5 });
  await checkpoint(uuid, platform.stream.records[69]?.sequenceNumber ?? '?');
  while (logLines('Consumer').length < 70) await sleep(10);

  const byKey = Map.groupBy(
    logLines('Consumer').map((line) => line.split(' ')),
    ([key]) => key,
  );
  for (const lines of byKey.values()) {
    const order = lines.map(([, index]) => Number(index));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }
  expect(byKey.size).toBe(7);
});
