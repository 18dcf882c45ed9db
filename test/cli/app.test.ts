import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';
import { SECRETS } from './samples.ts';

let platform: FakePlatform;

const ANSWERS = {
  'GET /apps': [200, { items: [{ app: 'ParkingOwner', key: SECRETS.key, appCodes: 1 }] }],
  'GET /apps/ParkingOwner': [200, { app: 'ParkingOwner', key: SECRETS.key, appCodes: 1, grants: ['Parking/Free'] }],
  'GET /apps/ParkingOwner/credentials': [200, SECRETS],
} as const;

afterEach(() => platform.stop());

test('list names every app and no secret', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('app', 'list');

  expect(stdout).toContain('ParkingOwner');
  expect(stdout).not.toContain(SECRETS.secret);
});

test.each([[[]], [['--json']]])('show %j prints key and codes and keeps the secret back', async (flags) => {
  platform = await fakePlatform(ANSWERS);
  const { code, stdout, stderr } = await platform.run('app', 'show', 'ParkingOwner', ...flags);

  expect(code).toBe(0);
  expect(stdout).toContain(SECRETS.key);
  expect(stdout).toContain(SECRETS.appCodes[0]);
  expect(stdout + stderr).not.toContain(SECRETS.secret);
});

test('show --secret prints it', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('app', 'show', 'ParkingOwner', '--secret', '--json');

  expect(JSON.parse(stdout)).toMatchObject({ key: SECRETS.key, secret: SECRETS.secret, appCodes: SECRETS.appCodes });
});
