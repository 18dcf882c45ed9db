import './task-root.ts';
import { expect, test } from '@jest/globals';
import { queryMessagesHandler } from '../../../functions/mqs/query-messages.ts';
import type { StreamViewer } from '../../../functions/shared/streams.ts';
import { topicModel } from '../../core/mqs/topic-model.ts';
import { context, proxyEvent } from '../apic/gateway.ts';
import { logLines } from '../shared/log-lines.ts';

logLines();
const NOW = 1_800_000_000_000;
const SHARD = 'shardId-000000000000';
const ALLOWED = { verdict: 'allow', requestId: 'f'.repeat(32), api: 'query', app: 'City', bodySha256: '' };
const RECORDS = [
  { shard: SHARD, arrivedAt: NOW - 9000, key: 'S-1', text: 'old' },
  { shard: SHARD, arrivedAt: NOW - 50, key: 'S-2', text: 'new' },
] as const;

async function query(search: string) {
  const { reader } = topicModel(RECORDS, { now: NOW });
  const viewer = {
    ...reader,
    summary: async () => ({}),
    shards: async () => [{ shard: SHARD, open: true, parents: [] }],
  } as unknown as StreamViewer;
  const handler = queryMessagesHandler({ apis: [] }, { viewer: () => viewer, now: reader.now, wait: reader.wait });
  const { statusCode, body } = await handler(
    proxyEvent({ target: `/topics/Events/messages${search}`, resource: '/topics/Events/messages' }, ALLOWED),
    context(),
  );

  return { status: statusCode, body: JSON.parse(body) };
}

const texts = ({ body }: Awaited<ReturnType<typeof query>>) =>
  body.items.map(({ payload }: { payload: string }) => payload);

test.each([
  ['', ['old', 'new']],
  ['?key=S-2', ['new']],
  [`?since=${NOW - 1000}`, ['new']],
  [`?since=${encodeURIComponent(new Date(NOW - 1000).toISOString())}`, ['new']],
  [`?until=${NOW - 1000}&partition=0`, ['old']],
])('apps find messages by %s', async (search, expected) => {
  const answer = await query(search);

  expect([answer.status, texts(answer)]).toEqual([200, expected]);
});

test('pages are asked for one after the other', async () => {
  const first = await query('?limit=1');
  const second = await query(`?limit=1&next=${first.body.next}`);

  expect([texts(first), texts(second)]).toEqual([['old'], ['new']]);
});

test.each([
  '?since=yesterday',
  '?limit=0',
  '?limit=x',
  '?key=a&key=b',
  '?keys=a',
  '?partition=9',
  '?sequence=x',
  '?next=x',
])('%s is refused with what is allowed', async (search) => {
  expect(await query(search)).toMatchObject({
    status: 400,
    body: { error_code: 'APIC.0106', error_msg: expect.stringContaining('Orchestration error: ') },
  });
});
