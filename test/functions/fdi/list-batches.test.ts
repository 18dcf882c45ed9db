import { beforeEach, expect, test } from '@jest/globals';
import { rollbacks } from '../../../functions/fdi/rollback-batch.ts';
import type { RollbackQuestion } from '../../../functions/shared/rollback-consumer.ts';
import { callManagement } from '../shared/management-call.ts';

const ANSWER = { table: 'Orders', items: [], more: false };
let asked: (readonly [string, RollbackQuestion])[] = [];

beforeEach(() => {
  asked = [];
});

const entry = { app: 'app', topic: 't', table: 'Orders', functionArn: 'arn:task' };
const handler = rollbacks(() => ({
  find: async (name) =>
    name === 'Orders' || name === 'Plain'
      ? { ...entry, name, ...(name === 'Orders' && { rollback: true }) }
      : undefined,
  async ask(functionArn, question) {
    asked.push([functionArn, question]);

    return { answer: ANSWER };
  },
}));
const list = (query: Readonly<Record<string, string>>, task = 'Orders') =>
  callManagement(handler, { resource: '/tasks/{task}/batches', path: { task }, query });

test("the task's own function is asked, since it has the right to its tables", async () => {
  expect(await list({ since: '2026-11-24T08:00:00Z', limit: '7' })).toMatchObject({ status: 200, body: ANSWER });
  expect(asked).toEqual([['arn:task', { batches: { since: '2026-11-24T08:00:00.000Z', limit: 7 } }]]);
});

test('it is the last day unless somebody says since when', async () => {
  await list({});

  const [[, question]] = asked as [[string, Extract<RollbackQuestion, { batches: unknown }>]];
  expect(Date.now() - Date.parse(question.batches.since)).toBeGreaterThanOrEqual(24 * 3_600_000);
  expect(question.batches.limit).toBe(50);
});

test.each([
  [{}, 'Nobody', 404, 'There is no task "Nobody".'],
  [{}, 'Plain', 412, 'Batches of Plain cannot be undone'],
  [{ since: 'yesterday' }, 'Orders', 400, 'since: received "yesterday"'],
  [{ limit: '0' }, 'Orders', 400, 'limit'],
])('%j of %s is refused', async (query, task, status, message) => {
  const answer = await list(query, task);

  expect([answer.status, answer.body['error_msg']]).toEqual([status, expect.stringContaining(message)]);
  expect(asked).toEqual([]);
});
