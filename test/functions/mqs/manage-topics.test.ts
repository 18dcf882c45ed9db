import { expect, test } from '@jest/globals';
import { manageTopics } from '../../../functions/mqs/manage-topics.ts';
import type { StreamViewer } from '../../../functions/shared/streams.ts';
import { topicModel } from '../../core/mqs/topic-model.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

logLines();

const NOW = 1_800_000_000_000;
const [ZERO, ONE] = ['shardId-000000000000', 'shardId-000000000001'];
const TOPIC = {
  kind: 'topic',
  name: 'Events',
  document: { stream: 'events', app: 'Owner', description: 'all' },
} as const;
const records = [
  { shard: ZERO, arrivedAt: NOW - 9000, key: 'S-1', text: 'old' },
  { shard: ONE, arrivedAt: NOW - 50, key: 'S-2', text: 'new' },
] as const;

function call(request: Omit<Call, 'path'>, topic = 'Events') {
  const { reader } = topicModel(records, { now: NOW });
  const viewer: StreamViewer = {
    ...reader,
    summary: async () => ({
      ...{ mode: 'provisioned', retentionHours: 72, openShards: 2, fanOutConsumers: 0, status: 'active' },
      createdAt: '2026-11-24T00:00:00.000Z',
    }),
    shards: async () => [ZERO, ONE].map((shard) => ({ shard, open: true, parents: [] })),
  };
  const handler = manageTopics(() => ({
    find: async (name) => (name === 'Events' ? TOPIC : undefined),
    list: async () => ({ items: [TOPIC] }),
    tasks: async () => [{ kind: 'task', name: 'History', document: { topic: 'Events' } }],
    viewer: () => viewer,
    now: reader.now,
    wait: reader.wait,
  }));

  return callManagement(handler, { ...request, path: { topic } });
}

const query = (body: unknown) => call({ method: 'POST', resource: '/topics/{topic}/messages', body });
const payloads = ({ body }: Awaited<ReturnType<typeof query>>) =>
  (body['items'] as { payload: string }[]).map(({ payload }) => payload);

test('a topic is listed with its consumers and shown with retention and shards', async () => {
  const about = { topic: 'Events', app: 'Owner', description: 'all', stream: 'events', consumers: ['History'] };

  expect((await call({ resource: '/topics' })).body).toEqual({ items: [about] });
  expect((await call({ resource: '/topics/{topic}' })).body).toMatchObject({
    ...about,
    ...{ mode: 'provisioned', retentionHours: 72, openShards: 2 },
    shards: [
      { shard: ZERO, open: true },
      { shard: ONE, open: true },
    ],
  });
});

test.each([
  ['everything', {}, ['old', 'new']],
  ['a time', { since: NOW - 100 }, ['new']],
  ['until a time', { until: NOW - 100 }, ['old']],
  ['a key', { key: 'S-2' }, ['new']],
  ['a partition by its id', { partition: ZERO }, ['old']],
  ['a partition by its number', { partition: '1' }, ['new']],
  ['a sequence number', { sequence: '1001' }, ['new']],
  ['a sequence number there is not', { sequence: '5' }, []],
])('messages are found by %s', async (_, body, expected) => {
  const answer = await query(body);

  expect(payloads(answer)).toEqual(expected);
  expect(answer.body).not.toHaveProperty('next');
});

test('a limit ends the page, and the next one goes on behind it', async () => {
  const first = await query({ limit: 1 });
  const second = await query({ limit: 1, next: first.body['next'] });

  expect([payloads(first), payloads(second)]).toEqual([['old'], ['new']]);
});

test.each([
  [{ since: NOW + 1000 }, 'since'],
  [{ since: NOW - 100, until: NOW - 200 }, 'until'],
  [{ limit: 501 }, 'limit'],
  [{ sequence: 'abc' }, 'sequence'],
  [{ next: 'abc' }, 'next'],
  [{ unknown: 1 }, 'unknown'],
])('the query %j is refused, naming what is wrong', async (body, name) => {
  expect(await query(body)).toMatchObject({ status: 400, body: { error_msg: expect.stringContaining(name) } });
});

test('a topic or partition there is not is not found', async () => {
  expect(await call({ resource: '/topics/{topic}' }, 'Nothing')).toMatchObject({ status: 404 });
  expect(await query({ partition: '9' })).toMatchObject({
    status: 404,
    body: { error_msg: expect.stringContaining(`there are ${ZERO}, ${ONE}`) },
  });
});
