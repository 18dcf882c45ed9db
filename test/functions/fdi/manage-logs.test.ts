import { expect, test } from '@jest/globals';
import { manageLogs } from '../../../functions/fdi/manage-logs.ts';
import type { LogQuery } from '../../../functions/shared/log-events.ts';
import { callManagement } from '../shared/management-call.ts';

const NOW = 1_800_000_000_000;
const event = (n: number, level = 'INFO') => ({ id: String(n), time: NOW + n, text: JSON.stringify({ level, n }) });

/** Pages of events, one after the other; every page takes two seconds. */
function call(pages: ReturnType<typeof event>[][], query: Record<string, string> = {}, task = 'History') {
  const asked: LogQuery[] = [];
  const handler = manageLogs(() => ({
    findTask: async (name) =>
      name === 'Unknown' ? undefined : { kind: 'task', name, document: name === 'Old' ? {} : { logGroup: 'Group' } },
    events: async (one) => {
      asked.push(one);
      const at = Number(one.next ?? 0);

      return { events: pages[at] ?? [], ...(at + 1 < pages.length && { next: String(at + 1) }) };
    },
    now: () => NOW + asked.length * 2000,
  }));

  return callManagement(handler, { resource: '/tasks/{task}/logs', path: { task }, query }).then((answer) => ({
    ...answer,
    asked,
    ids: ((answer.body['items'] ?? []) as { id: string }[]).map(({ id }) => id),
  }));
}

test('lines come with their time and as they were written, from the last ten minutes', async () => {
  const { body, asked } = await call([[event(1)]]);

  expect(body).toEqual({
    items: [{ id: '1', time: new Date(NOW + 1).toISOString(), text: '{"level":"INFO","n":1}' }],
  });
  expect(asked).toEqual([{ group: 'Group', since: NOW - 600_000, limit: 200 }]);
});

test('only lines of the level and above are answered, however many pages it takes to find them', async () => {
  const { ids, body } = await call([[event(1)], [], [event(2, 'ERROR'), event(3, 'WARN')]], { level: 'error' });

  expect(ids).toEqual(['2']);
  expect(body).not.toHaveProperty('next');
});

test('a limit ends the page with where to go on', async () => {
  const { ids, body } = await call([[event(1)], [event(2)], [event(3)]], { limit: '2' });

  expect([ids, body['next']]).toEqual([['1', '2'], '2']);
  expect((await call([[event(1)], [event(2)], [event(3)]], { next: '2' })).ids).toEqual(['3']);
});

test('when nothing is found in time, the answer is empty and says where to go on', async () => {
  const { ids, body } = await call(
    Array.from({ length: 20 }, (_, n) => [event(n)]),
    { level: 'error' },
  );

  expect(ids).toEqual([]);
  expect(Number(body['next'])).toBeGreaterThan(3);
});

test.each([
  [{ level: 'loud' }, 400, '"debug", "info", "warn", "error"'],
  [{ limit: '0' }, 400, 'limit'],
  [{ since: 'yesterday' }, 400, 'milliseconds since 1970'],
])('the query %j is refused', async (query, status, message) => {
  expect(await call([], query as Record<string, string>)).toMatchObject({
    status,
    body: { error_msg: expect.stringContaining(message) },
  });
});

test('an unknown task is not found; one of an earlier deployment says what to do', async () => {
  expect(await call([], {}, 'Unknown')).toMatchObject({ status: 404 });
  expect(await call([], {}, 'Old')).toMatchObject({
    status: 412,
    body: { error_msg: expect.stringContaining('Deploy its integration again') },
  });
});
