import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';
import { SECRETS } from './samples.ts';

let platform: FakePlatform;

const ANSWERS = {
  'GET /apps': [200, { items: [{ app: 'ParkingOwner', key: SECRETS.key, appCodes: 1 }] }],
  'GET /apps/ParkingOwner': [
    200,
    {
      app: 'ParkingOwner',
      key: SECRETS.key,
      appCodes: 1,
      grants: [{ group: 'Parking', api: 'Free', stage: 'RELEASE' }],
    },
  ],
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

test('who may not read credentials sees how many codes there are, and is refused the secret', async () => {
  platform = await fakePlatform({
    ...ANSWERS,
    'GET /apps/ParkingOwner/credentials': refused(
      403,
      'APIC.0302',
      'The IAM user is not authorized to access the API.',
    ),
  });
  const shown = await platform.run('app', 'show', 'ParkingOwner');
  const secret = await platform.run('app', 'show', 'ParkingOwner', '--secret');

  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/app codes +1\n/);
  expect(shown.stdout).toContain('Parking/Free in RELEASE');
  expect(secret.code).toBe(1);
  expect(secret.stderr).toContain('APIC.0302');
});
