import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findMessage, type MessagePage, queryTopic, type TopicQuery } from '../../../core/mqs/query-topic.ts';
import { decodeProgress, type QueryProgress } from '../../../core/mqs/shard-cursor.ts';
import { type ModelRecord, topicModel } from './topic-model.ts';

const NOW = 1_800_000_000_000;
const SHARDS = ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002'];
const QUERY: TopicQuery = { limit: 100, budgetMs: 15_000 };

const from = (since?: number): QueryProgress => ({
  until: NOW,
  cursors: SHARDS.map((shard) => ({ shard, ...(since !== undefined && { at: since }) })),
});

const record = fc.record({
  shard: fc.constantFrom(...SHARDS),
  arrivedAt: fc.integer({ min: NOW - 600_000, max: NOW + 10_000 }),
  key: fc.constantFrom('S-1', 'S-2'),
  text: fc.string({ unit: 'binary', maxLength: 20 }),
});

/** All pages, as whoever asks for them one after the other gets them. */
async function allPages(reader: Parameters<typeof queryTopic>[0], query: TopicQuery, start: QueryProgress) {
  const pages: MessagePage[] = [];
  for (let progress: QueryProgress | undefined = start; progress !== undefined; ) {
    const page = await queryTopic(reader, query, progress);
    pages.push(page);
    progress = page.next === undefined ? undefined : decodeProgress(page.next);
    expect(pages.length).toBeLessThan(500);
  }

  return pages;
}

test('page by page every message of the time and key comes exactly once, in order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 60 }),
      fc.record({
        limit: fc.integer({ min: 1, max: 20 }),
        budgetMs: fc.integer({ min: 1, max: 3000 }),
        stretchMs: fc.integer({ min: 10_000, max: 700_000 }),
        ago: fc.option(fc.integer({ min: 0, max: 600_000 }), { nil: undefined }),
        key: fc.option(fc.constantFrom('S-1', 'S-2'), { nil: undefined }),
      }),
      async (records: ModelRecord[], { limit, budgetMs, stretchMs, ago, key }) => {
        const { reader, stored } = topicModel(records, { now: NOW, stretchMs });
        const since = ago === undefined ? undefined : NOW - ago;

        const pages = await allPages(reader, { limit, budgetMs, ...(key !== undefined && { key }) }, from(since));

        const wanted = stored.filter(
          (one) => one.arrivedAt <= NOW && one.arrivedAt >= (since ?? 0) && (key === undefined || one.key === key),
        );
        const items = pages.flatMap((page) => page.items);
        expect(items.map(({ sequenceNumber }) => sequenceNumber).sort()).toEqual(
          wanted.map(({ sequenceNumber }) => sequenceNumber).sort(),
        );
        const times = items.map(({ arrivedAt }) => arrivedAt);
        expect(times).toEqual([...times].sort());
        expect(pages.every((page) => page.items.length <= limit)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});

test('a message is shown with what its envelope says and its exact payload', async () => {
  const { reader } = topicModel([{ shard: SHARDS[1] as string, arrivedAt: NOW - 5, key: 'S-1', text: '{"a":1}' }], {
    now: NOW,
  });

  const { items, next } = await queryTopic(reader, QUERY, from());

  expect(next).toBeUndefined();
  expect(items).toEqual([
    {
      ...{ partition: SHARDS[1], sequenceNumber: '1000', key: 'S-1', size: 7, product: 'p', device: 'S-1' },
      ...{ clientId: 'd1', traceId: 'trace-1000', encoding: 'utf8', payload: '{"a":1}' },
      arrivedAt: new Date(NOW - 5).toISOString(),
      eventTime: new Date(NOW - 5).toISOString(),
    },
  ]);
});

test('a page stays below what a function may answer, however large the messages are', async () => {
  const records = Array.from({ length: 60 }, (_, index) => ({
    shard: SHARDS[index % 3] as string,
    ...{ arrivedAt: NOW - 1000 + index, key: 'S-1', text: '\u0001'.repeat(128 * 1024) },
  }));
  const { reader } = topicModel(records, { now: NOW });

  const pages = await allPages(reader, QUERY, from());

  expect(pages.flatMap(({ items }) => items)).toHaveLength(60);
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(6_000_000);
});

test('a stream that refuses every read ends the page in time, with where to go on', async () => {
  const { reader, clock } = topicModel([], { now: NOW });
  clock.refusing = true;

  const { items, next } = await queryTopic(reader, { ...QUERY, budgetMs: 5000 }, from(NOW - 1000));

  expect(items).toEqual([]);
  expect(decodeProgress(next ?? '')).toEqual(from(NOW - 1000));
  expect(clock.now - NOW).toBeLessThan(6000);
});

test('of the five reads a second that a shard has, consumers keep two', async () => {
  const { reader, clock } = topicModel([{ shard: SHARDS[0] as string, arrivedAt: NOW - 5, key: 'S-1', text: '' }], {
    now: NOW,
    stretchMs: 35_000,
  });

  await queryTopic(reader, { ...QUERY, budgetMs: 60_000 }, { until: NOW, cursors: [{ shard: SHARDS[0] as string }] });

  expect(clock.reads).toBe(20);
  expect((clock.reads / (clock.now - NOW)) * 1000).toBeLessThanOrEqual(3);
});

test('a message is found by its sequence number, in whichever shard it is', async () => {
  const { reader } = topicModel(
    [
      { shard: SHARDS[0] as string, arrivedAt: NOW - 9, key: 'S-1', text: 'one' },
      { shard: SHARDS[2] as string, arrivedAt: NOW - 5, key: 'S-1', text: 'two' },
    ],
    { now: NOW },
  );

  expect(await findMessage(reader, SHARDS, '1001')).toMatchObject({ partition: SHARDS[2], payload: 'two' });
  expect(await findMessage(reader, SHARDS, '1002')).toBeUndefined();
});

test.each([
  '',
  'x',
  'e30',
  Buffer.from('[1,[["s","abc",0]]]').toString('base64url'),
  Buffer.from('[-1,[]]').toString('base64url'),
])('as a place to go on, %j is refused', (next) => {
  expect(() => decodeProgress(next)).toThrow(/^next: received/);
});
