import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { awsProblem } from '../../../core/fdi/service-problem.ts';
import { testFileRights } from '../../../functions/shared/runs/file-rights.ts';
import { type TestedSides, testSide } from '../../../functions/shared/side-test.ts';
import { topicReader } from '../../../functions/shared/topic-reader.ts';
import { testTopicFeed, testTopicTarget } from '../../../functions/shared/topic-test.ts';
import { createObjectStore } from '../../../local/store/object-store.ts';
import { createStreamEngine } from '../../../local/stream/engine.ts';
import { type Endpoint, endpoint } from '../../conformance/endpoint.ts';

const CHECKING = { now: () => 0, problemOf: awsProblem };
const AFTERWARDS = { kind: 'move', prefix: 'done/' } as const;
let aws: Endpoint;

beforeAll(async () => {
  aws = await endpoint({ store: createObjectStore, stream: createStreamEngine });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.client.credentials;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.client.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
  await aws.host.engines.store.applyBucket('drop');
  await aws.host.engines.stream.apply({ name: 'Events', mode: 'PROVISIONED', shards: 1, retentionHours: 24 });
});

afterAll(() => aws?.stop());
afterEach(() => aws.denied.clear());

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
const read = (streamArn = ARN) => testTopicFeed({ test: 'source', feed: { streamArn }, timeMs: 5000 }, CHECKING);

async function messages(): Promise<number> {
  let count = 0;
  for await (const page of topicReader().pages(ARN, 'shardId-000000000000', 'oldest', 10)) {
    count += page.length;
  }

  return count;
}

test('a topic is read, and a role that may not is told so', async () => {
  expect(await read()).toMatchObject([{ what: 'reads Events', ok: true }]);
  aws.denied.add('kinesis:GetRecords');

  expect(await read()).toMatchObject([{ ok: false, kind: 'iam', advice: expect.stringContaining('deploy') }]);
  expect(await read('arn:aws:kinesis:us-east-1:000000000000:stream/Gone')).toMatchObject([
    { ok: false, kind: 'missing' },
  ]);
});

test('the right to write into a topic is proved without a message', async () => {
  const write = (stream = 'Events') => testTopicTarget(stream, stream, CHECKING);

  expect(await write()).toMatchObject([{ what: 'writes Events', ok: true }]);
  aws.denied.add('kinesis:PutRecords');
  expect(await write()).toMatchObject([{ ok: false, kind: 'iam' }]);
  expect(await write('Gone')).toMatchObject([{ ok: false }]);
  expect(await messages()).toBe(0);
});

test('the rights to remove files and to write them elsewhere are proved, and nothing is left there', async () => {
  const rights = () => testFileRights('drop', { prefix: 'new/', afterwards: AFTERWARDS }, CHECKING);

  expect(await rights()).toMatchObject([
    { what: 'removes from new/', ok: true },
    { what: 'writes done/', ok: true },
  ]);
  aws.denied.add('s3:PutObject').add('s3:DeleteObject');
  // What is not there may be forbidden to who lists a prefix only: that proves nothing.
  expect(await rights()).toMatchObject([
    { ok: true, unproved: expect.stringContaining('AccessDenied') },
    { ok: false, kind: 'iam' },
  ]);
  expect(await aws.host.engines.store.list('drop', '')).toEqual([]);
});

test('a side that never answers is slow, and one that breaks is said; neither throws', async () => {
  const sides: TestedSides = {
    source: () => new Promise(() => undefined),
    target: () => Promise.reject(new RangeError('no such thing')),
  };

  expect(await testSide(sides, { test: 'source', timeMs: 10 }, 60_000)).toMatchObject({
    checks: [{ ok: false, kind: 'slow' }],
  });
  // The function's own time is over before that of the test.
  expect(await testSide(sides, { test: 'source', timeMs: 60_000 }, 1010)).toMatchObject({
    checks: [{ ok: false, kind: 'slow', problem: 'it was not done within 0.0 s' }],
  });
  expect(await testSide(sides, { test: 'target', timeMs: 10 }, 60_000)).toMatchObject({
    checks: [{ ok: false, kind: 'other', problem: 'no such thing' }],
  });
});
