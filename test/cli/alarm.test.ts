import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

const QUIET = {
  name: 'CausewayParking/ParkingHistory/Backlog',
  state: 'OK',
  description: 'ParkingHistory falls behind. What to do: docs/runbooks/backlog.md',
  reason: 'Threshold not crossed',
  since: '2026-11-24T10:00:00.000Z',
};
const RINGING = {
  ...QUIET,
  name: 'CausewayParking/ParkingHistory/Ledger',
  state: 'ALARM',
  description: 'It does not add up. What to do: docs/runbooks/ledger.md',
};
let platform: FakePlatform;

afterEach(() => platform.stop());

test('list shows every alarm, what it means and what to do', async () => {
  platform = await fakePlatform({ 'GET /alarms': [200, { items: [QUIET] }] });
  const { code, stdout } = await platform.run('alarm', 'list');

  expect(stdout).toMatch(
    /ok +CausewayParking\/ParkingHistory\/Backlog +2026-11-24T10:00:00.000Z +ParkingHistory falls behind\. +docs\/runbooks\/backlog\.md/,
  );
  expect(code).toBe(0);
});

test('while an alarm rings the exit code is 1, and --firing shows only that one', async () => {
  platform = await fakePlatform({ 'GET /alarms': [200, { items: [QUIET, RINGING] }] });
  const { code, stdout } = await platform.run('alarm', 'list', '--firing');

  expect(code).toBe(1);
  expect(stdout).toContain('docs/runbooks/ledger.md');
  expect(stdout).not.toContain('Backlog');
});

test('no alarm that rings is a sentence', async () => {
  platform = await fakePlatform({ 'GET /alarms': [200, { items: [QUIET] }] });
  const { code, stdout } = await platform.run('alarm', 'list', '--firing');

  expect([code, stdout]).toEqual([0, 'No alarm rings.\n']);
});
