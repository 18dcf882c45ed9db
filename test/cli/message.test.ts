import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

let platform: FakePlatform;
const ROUTE = 'POST /topics/Events/messages';
const UNTIL = Date.parse('2026-11-24T12:00:00Z');

afterEach(() => platform.stop());

const message = (n: number) => ({
  ...{ partition: 'shardId-000000000002', sequenceNumber: String(n), key: 'S-1', size: 7, product: 'p', device: 'S-1' },
  ...{ arrivedAt: '2026-11-24T11:59:00.000Z', encoding: 'utf8', payload: `{"n":${n}}` },
});
const BYTES = { ...message(3), encoding: 'base64', payload: Buffer.from([0xff, 0x0a]).toString('base64') };

/** Pages by the `next` that asks for them. */
function pages(...items: object[][]) {
  return fakePlatform({
    [ROUTE]: ({ body }) => {
      const at = Number((body as { next?: string }).next ?? 0);
      const next = at + 1 < items.length ? { next: String(at + 1) } : {};

      return [200, { items: items[at], read: 10, until: UNTIL, ...next }];
    },
  });
}

test('messages are shown page after page, and it says when that is all', async () => {
  platform = await pages([message(1)], [], [message(2)]);
  const { code, stdout, stderr } = await platform.run('message', 'query', 'Events', '--key', 'S-1');

  expect(code).toBe(0);
  expect(stdout).toMatch(/arrived +partition +key +size +sequence number +message\n/);
  expect(stdout).toMatch(/2026-11-24T11:59:00.000Z +2 +S-1 +7 B +1 +\{"n":1\}\n.*\{"n":2\}/);
  expect(stderr).toBe('2 of 30 records read; that is all up to 2026-11-24T12:00:00.000Z.\n');
  expect(platform.requests.map(({ body }) => (body as { key: string }).key)).toEqual(['S-1', 'S-1', 'S-1']);
});

test('a limit ends it, and it says that there may be more', async () => {
  platform = await pages([message(1), message(2)], [message(3)]);
  const { stdout, stderr } = await platform.run('message', 'query', 'Events', '--limit', '2', '--json');

  expect(JSON.parse(stdout)).toHaveLength(2);
  expect(stderr).toContain('there may be more: raise --limit');
  expect(platform.requests).toHaveLength(1);
  expect(platform.requests[0]?.body).toMatchObject({ limit: 2 });
});

test('the last ten minutes unless a time is given', async () => {
  platform = await pages([]);
  const before = Date.now();
  await platform.run('message', 'query', 'Events');
  await platform.run(
    'message',
    'query',
    'Events',
    '--since',
    '2026-11-24T10:00:00Z',
    '--until',
    '2026-11-24T11:00:00Z',
  );
  await platform.run('message', 'query', 'Events', '--sequence', '49', '--partition', '2');

  const [usual, given, one] = platform.requests.map(({ body }) => body as Record<string, number>);
  expect(usual?.['since']).toBeGreaterThanOrEqual(before - 600_000);
  expect(given).toMatchObject({ since: UNTIL - 7_200_000, until: UNTIL - 3_600_000 });
  expect(one).toEqual({ sequence: '49', partition: '2', limit: 20 });
});

test('a download holds the payloads byte for byte, or a line of JSON for each message', async () => {
  platform = await pages([message(1)], [BYTES]);
  const file = join(platform.state, 'messages');
  const raw = await platform.run('message', 'query', 'Events', '--download', file, '--format', 'raw');
  expect(readFileSync(file)).toEqual(Buffer.concat([Buffer.from('{"n":1}'), Buffer.from([0xff, 0x0a])]));

  await platform.run('message', 'query', 'Events', '--download', file);

  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([message(1), BYTES]);
  expect(raw.stdout).toBe(`2 messages into ${file}\n`);
});

test('a file that cannot be written is said so', async () => {
  platform = await pages([message(1)]);
  const { code, stderr } = await platform.run(
    'message',
    'query',
    'Events',
    '--download',
    join(platform.state, 'no/file'),
  );

  expect(code).toBe(1);
  expect(stderr).toContain('cannot be written');
});

test('topics are listed with who reads them and shown with their partitions', async () => {
  const topic = { topic: 'Events', app: 'Owner', description: '', stream: 'events-1', consumers: ['History', 'Data'] };
  platform = await fakePlatform({
    'GET /topics': [200, { items: [topic] }],
    'GET /error-store': [200, { items: [{ destination: 'Events' }, { destination: 'Others' }] }],
    'GET /topics/Events': [
      200,
      {
        ...topic,
        ...{ partitionKey: { spread: 4 }, filterFields: ['plate'], permission: 'publish' },
        ...{ mode: 'provisioned', retentionHours: 72, openShards: 1, fanOutConsumers: 0, createdAt: 'then' },
        shards: [
          { shard: 'shardId-0', open: false, parents: [] },
          { shard: 'shardId-1', open: true, parents: [] },
        ],
      },
    ],
  });

  expect((await platform.run('topic', 'list')).stdout).toMatch(/Events +Owner +History, Data/);
  const { stdout } = await platform.run('topic', 'show', 'Events');
  expect(stdout).toMatch(
    /keeps messages +72 hours\npartitions +1 \(provisioned\)\nshards +shardId-0 \(closed\), shardId-1/,
  );
  expect(stdout).toMatch(/apps may +publish\npartition key +the device, spread over 4: .*\nmasked fields +plate/);
  expect(stdout).toMatch(/in the error store +1 messages/);
});
