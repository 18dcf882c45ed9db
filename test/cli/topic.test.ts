import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, run } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(async () => {
  await platform.stop();
});

const GRANT = { topic: 'Events', app: 'City', permission: 'publish+subscribe', stack: 'subscribe', runTime: 'publish' };
const PLAN = { task: 'History', to: 'earliest', epoch: 2, state: 'started', done: true };
const COUNTS = { again: { messages: 1, more: false }, skipped: { messages: 100_000, more: true } };

test('grants are listed, given and taken back', async () => {
  platform = await fakePlatform({
    'GET /topics/Events/grants': [
      200,
      { topic: 'Events', owner: 'Shop', permission: 'publish+subscribe', items: [GRANT] },
    ],
    'POST /topics/Events/grants/City': [200, GRANT],
    'DELETE /topics/Events/grants/City': [200, { ...GRANT, permission: 'subscribe', runTime: null }],
  });

  const list = await platform.run('topic', 'grants', 'Events');
  expect(list.stdout).toMatch(/City +publish\+subscribe +subscribe +publish/);
  expect(list.stderr).toContain('Events belongs to Shop.');
  const grant = await platform.run('topic', 'grant', 'Events', 'City', '--permission', 'publish');
  expect(grant).toMatchObject({ code: 0, stdout: 'The app City may now publish+subscribe on Events.\n' });
  const revoke = await platform.run('topic', 'revoke', 'Events', 'City');
  expect(revoke.stdout).toBe('The app City may still subscribe on Events: a stack grants it.\n');
  expect((await platform.run('topic', 'grant', 'Events', 'City', '--permission', 'all')).code).toBe(2);
  expect(platform.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['GET', '/topics/Events/grants', undefined],
    ['POST', '/topics/Events/grants/City', { permission: 'publish' }],
    ['DELETE', '/topics/Events/grants/City?permission=publish%2Bsubscribe', undefined],
  ]);
});

test('consumers are shown by partition, with their sum where there are several', async () => {
  const progress = { backlog: 3, more: false, oldestMs: 1500, rate: 2.5 };
  const partition = (number: number) => ({
    ...progress,
    partition: `shardId-00000000000${number}`,
    sequenceNumber: '7',
  });
  platform = await fakePlatform({
    'GET /topics/Events/consumers': [
      200,
      {
        topic: 'Events',
        items: [
          {
            ...{ task: 'History', state: 'started', epoch: 1, backlog: 100_000, more: true, oldestMs: null, rate: 5 },
            partitions: [partition(0), partition(1)],
          },
        ],
      },
    ],
  });

  const { stdout } = await platform.run('topic', 'consumers', 'Events');

  expect(stdout).toMatch(/History +started +all +at least 100\s000 +- +5\/s +1/);
  expect(stdout).toMatch(/History +started +1 +3 +1\s500 ms +2\.5\/s +1/);
});

test('a reset says what it does and asks; whoever says no resets nothing', async () => {
  platform = await fakePlatform({ 'POST /tasks/History/reset': [200, { ...PLAN, ...COUNTS }] });
  const reset = (to: string) => ['task', 'reset', 'History', '--to', to, '--state', platform.state];
  const asked: string[] = [];
  const answering = (answer: string | undefined) => ({
    ask: async (question: string) => {
      asked.push(question);

      return answer;
    },
  });

  const refused = await run(reset('earliest'), answering('n'));
  expect(refused).toMatchObject({ code: 1, stderr: 'Nothing was reset.\n' });
  expect(asked[0]).toMatch(/Written again: 1 message. Left out: at least 100\s000 messages./);
  const nobody = await run(reset('earliest'), answering(undefined));
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes to reset') });
  const done = await platform.run('task', 'reset', 'History', '--to', '2026-11-24T08:00', '--yes');
  expect(done.stdout).toMatch(/^History is reset to earliest: epoch 2. Written again: 1 message. Left out: at least/);
  expect(platform.requests.map(({ body }) => body)).toEqual([
    { to: 'earliest', preview: true },
    { to: 'earliest', preview: true },
    { to: '2026-11-24T08:00:00.000Z', preview: false },
  ]);
});

test('of a Kafka topic nothing is counted, and a stopped task is said to begin later', async () => {
  platform = await fakePlatform({
    'POST /tasks/History/reset': [200, { ...PLAN, state: 'stopped', again: null, skipped: null }],
  });

  const { stdout, stderr } = await platform.run('task', 'reset', 'History', '--to', 'latest', '--yes');

  expect(stdout).toContain('is not counted: it reads a topic of Kafka');
  expect(stderr).toContain('It is stopped: "task start" lets it begin there.');
});
