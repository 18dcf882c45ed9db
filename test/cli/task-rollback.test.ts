import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, run } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(async () => {
  await platform.stop();
});

const BATCH = '3f1c0a9b77d2e64';
const NONE = { restored: 0, deleted: 0, handedOn: 0 };
const ANSWER = {
  ...{ batch: BATCH, table: 'ParkingData', restored: 12_000, deleted: 1, handedOn: 2, left: 1, before: NONE },
  examples: [{ key: { DeviceId: 'S-1' }, reason: 'changed' }],
};

test('it says first what would become of the rows, and asks; whoever says no undoes nothing', async () => {
  platform = await fakePlatform({ 'POST /tasks/Spaces/rollbacks': [200, { ...ANSWER, withoutImage: 3 }] });
  const asked: string[] = [];
  const answering = (answer: string | undefined) => ({
    ask: async (question: string) => {
      asked.push(question);

      return answer;
    },
  });
  const line = ['task', 'rollback', 'Spaces', BATCH, '--state', platform.state];

  expect(await run(line, answering('n'))).toMatchObject({ code: 1, stderr: 'Nothing was undone.\n' });
  expect(await run(line, answering(undefined))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('say --yes'),
  });
  expect(asked[0]).toMatch(/12\s000 {2}would be as they were before it\n {7}1 {2}would be deleted: it added them\n/);
  expect(asked[0]).toContain('3 more carry its number and nothing of them was kept: they stay.');
  expect(asked[0]).toContain('left: DeviceId=S-1: somebody else has changed it since\n');
  expect(platform.requests.map(({ body }) => body)).toEqual(Array(2).fill({ batch: BATCH, preview: true }));
});

test('a dry run asks nothing, undoes nothing and succeeds', async () => {
  platform = await fakePlatform({ 'POST /tasks/Spaces/rollbacks': [200, ANSWER] });

  const { code, stdout } = await platform.run('task', 'rollback', 'Spaces', BATCH, '--dry-run', '--json');

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ task: 'Spaces', restored: 12_000, left: 1, done: false });
  expect(platform.requests.map(({ body }) => body)).toEqual([{ batch: BATCH, preview: true }]);
});

test('what one call does not come to the end of goes on in the next, and is told together', async () => {
  const calls: unknown[] = [{ ...ANSWER, next: 41 }, ANSWER];
  platform = await fakePlatform({ 'POST /tasks/Spaces/rollbacks': () => [200, calls.shift()] });

  const { code, stdout } = await platform.run('task', 'rollback', 'Spaces', BATCH, '--yes');

  expect(code).toBe(1);
  expect(stdout).toMatch(/24\s000 {2}are as they were before it\n/);
  expect(platform.requests.map(({ body }) => body)).toEqual([{ batch: BATCH }, { batch: BATCH, after: 41 }]);
});

test('nothing left to undo is said, and is no failure', async () => {
  platform = await fakePlatform({
    'POST /tasks/Spaces/rollbacks': [200, { ...ANSWER, ...NONE, left: 0, examples: [] }],
  });

  const { code, stdout } = await platform.run('task', 'rollback', 'Spaces', BATCH, '--yes');

  expect([code, stdout]).toEqual([0, `Batch ${BATCH} of Spaces, in ParkingData:\n  Nothing of it was left to undo.\n`]);
});
