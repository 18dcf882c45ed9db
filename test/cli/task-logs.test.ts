import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, run } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const TIME = '2026-11-24T10:00:00.000Z';
const BATCH = JSON.stringify({ level: 'INFO', time: TIME, message: 'batch', read: 5, shard: 'a\u001b[2J' });
const FAILED = JSON.stringify({
  level: 'ERROR',
  time: TIME,
  message: 'batch failed',
  error: { name: 'E', message: 'no', stack: 'E: no\n at' },
});
const line = (id: string, text: string) => ({ id, time: TIME, text });

test('lines are printed for the eye, page after page, and control characters are shown and not obeyed', async () => {
  platform = await fakePlatform({
    'GET /tasks/History/logs': ({ url }) =>
      url.includes('next=') ? [200, { items: [line('2', FAILED)] }] : [200, { items: [line('1', BATCH)], next: 'x' }],
  });
  const { code, stdout } = await platform.run(
    'task',
    'logs',
    'History',
    '--since',
    '2026-11-24T09:00:00Z',
    '--level',
    'warn',
  );

  expect(code).toBe(0);
  expect(stdout).toBe(`${TIME} INFO  batch read=5 shard=a\\x1b[2J\n${TIME} ERROR batch failed error=E: no\n`);
  expect(platform.requests[0]?.url).toBe(`/tasks/History/logs?since=${Date.parse('2026-11-24T09:00:00Z')}&level=warn`);
});

test('with --json the lines come as they were written', async () => {
  platform = await fakePlatform({ 'GET /tasks/History/logs': [200, { items: [line('1', `${BATCH}\n`)] }] });

  expect((await platform.run('task', 'logs', 'History', '--json')).stdout).toBe(`${BATCH}\n`);
});

test('following shows each line once, however often it is read, until Ctrl-C', async () => {
  let asked = 0;
  let interrupt: () => void = () => undefined;
  platform = await fakePlatform({
    'GET /tasks/History/logs': () => {
      asked += 1;
      if (asked === 2) interrupt();

      return [200, { items: asked === 1 ? [line('1', BATCH)] : [line('1', BATCH), line('2', FAILED)] }];
    },
  });
  const { code, stdout } = await run(
    ['task', 'logs', 'History', '--follow', '--interval', '0.01', '--json', '--state', platform.state],
    {
      onInterrupt: (listener) => {
        interrupt = listener;

        return () => undefined;
      },
    },
  );

  expect(code).toBe(0);
  expect(stdout).toBe(`${BATCH}\n${FAILED}\n`);
});

test('no lines are said so, with the level and the time', async () => {
  platform = await fakePlatform({ 'GET /tasks/History/logs': [200, { items: [] }] });
  const { stdout, stderr } = await platform.run('task', 'logs', 'History');

  expect(stdout).toBe('');
  expect(stderr).toMatch(/No lines of level info or above since 2\d{3}-/);
});
