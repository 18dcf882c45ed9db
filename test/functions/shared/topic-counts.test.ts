import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TopicCounter } from '../../../core/fdi/topic-reader.ts';
import { incomingRecords } from '../../../functions/shared/incoming-records.ts';
import { topicReader } from '../../../functions/shared/topic-reader.ts';
import { createMetricsEngine } from '../../../local/metrics/engine.ts';
import { createStreamEngine } from '../../../local/stream/engine.ts';
import { type Endpoint, endpoint } from '../../conformance/endpoint.ts';

const MINUTE = 60_000;
const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Endpoint;
const before = { ...process.env };

beforeAll(async () => {
  aws = await endpoint({ stream: createStreamEngine, metrics: createMetricsEngine });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.client.credentials;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.client.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
  await aws.host.engines.stream.apply({ name: 'Events', mode: 'PROVISIONED', shards: 2, retentionHours: 48 });
});

afterAll(async () => {
  process.env = before;
  await aws?.stop();
});

async function put(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await aws.host.engines.stream.put('Events', { data: Buffer.from('1'), partitionKey: `key${index % 7}` });
  }
}

/** The last records of the shards, as a consumer's positions. */
async function positions(): Promise<Map<string, string>> {
  const reader = topicReader();
  const last = new Map<string, string>();
  for (const shard of await reader.shards(ARN)) {
    for await (const page of reader.pages(ARN, shard, 'oldest', 3)) {
      const { sequence } = page.at(-1) ?? {};
      if (sequence !== undefined) last.set(shard, sequence);
    }
  }

  return last;
}

test('a topic is described and counted through Kinesis, and through CloudWatch to the same numbers', async () => {
  const began = Date.now();
  await put(20);
  const read = await positions();
  const between = Date.now() + 1;
  while (Date.now() <= between) await new Promise((resolve) => setImmediate(resolve));
  await put(10);
  const counter = () => new TopicCounter(topicReader(), ARN);

  expect(await topicReader().describe(ARN)).toEqual({
    createdAt: expect.any(Number),
    retentionMs: 48 * 60 * MINUTE,
  });
  expect(await counter().countBetween(began, between)).toBe(20);
  expect(await counter().countHandled(began, read)).toBe(20);
  expect(await counter().handledSince(began, read, 'oldest')).toEqual({ count: 20, complete: true });
  expect(await counter().handledSince(Date.now(), read, 'oldest')).toEqual({ count: 0, complete: false });
  expect(await counter().handledSince(Date.now(), await positions(), 'oldest')).toEqual({ count: 0, complete: true });
  expect(await counter().handledSince(Date.now(), new Map(), { at: Date.now() })).toEqual({ count: 0, complete: true });

  const minutes = await incomingRecords('Events', Math.floor(began / MINUTE) * MINUTE, Date.now() + MINUTE);
  expect([...minutes.values()].reduce((sum, count) => sum + count, 0)).toBe(30);
});

test('a stream that is not there is an error with its name', async () => {
  await expect(topicReader().describe(`${ARN}2`)).rejects.toThrow('Events2');
});

test('behind a place that is none of this stream, all of a shard is read: it was made again', async () => {
  const reader = topicReader();
  const [[shard = ''] = [], [, foreign = ''] = []] = [...(await positions())];
  const read = async (from: Parameters<typeof reader.pages>[2]) => {
    const found: string[] = [];
    for await (const page of reader.pages(ARN, shard, from, 100)) found.push(...page.map(({ sequence }) => sequence));

    return found;
  };

  expect((await read('oldest')).length).toBeGreaterThan(0);
  expect(await read({ after: foreign })).toEqual(await read('oldest'));
  await expect(read({ at: Number.NaN })).rejects.toThrow();
});
