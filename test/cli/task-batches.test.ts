import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const item = { batch: '3f1c0a9b77d2e64', at: '2026-11-24T08:00:00.000Z', rows: 12, added: 2, undone: 0 };
const UNTIL = '2026-12-01T08:00:00.000Z';

test('batches are listed with their rows, and whether they can be undone', async () => {
  const items = [
    { ...item, until: UNTIL, isUndoable: true },
    { ...item, batch: '000000000000001', until: null, isUndoable: true },
    { ...item, batch: '000000000000002', until: UNTIL, isUndoable: false },
    { ...item, batch: '000000000000003', at: null, rows: 0, undone: 12, until: null, isUndoable: false },
  ];
  platform = await fakePlatform({ 'GET /tasks/Spaces/batches': [200, { table: 'ParkingData', items, more: true }] });
  const { stdout, stderr } = await platform.run('task', 'batches', 'Spaces', '--since', '2026-11-24', '--limit', '4');

  expect(stdout).toMatch(/3f1c0a9b77d2e64 +2026-11-24T08:00:00.000Z +12 +2 +0 +until 2026-12-01T08:00:00.000Z/);
  expect(stdout).toMatch(/000000000000001 .* yes\n/);
  expect(stdout).toMatch(/000000000000002 .* no: its time is over\n/);
  expect(stdout).toMatch(/000000000000003 +- +0 +2 +12 +undone\n/);
  expect(stderr).toContain('There are more');
  expect(platform.requests[0]?.url).toContain('since=2026-11-24T00%3A00%3A00.000Z');
});

test('a task without batches says how to look further back', async () => {
  platform = await fakePlatform({
    'GET /tasks/Spaces/batches': [200, { table: 'ParkingData', items: [], more: false }],
  });

  expect((await platform.run('task', 'batches', 'Spaces')).stdout).toContain('--since goes further back');
});
