import { afterEach, expect, test } from '@jest/globals';
import { appCodeId, appSecretId } from '../../core/apic/app-credentials.ts';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';
import { SECRETS } from './samples.ts';

let platform: FakePlatform;

const ANSWERS = {
  'GET /apps': [200, { items: [{ app: 'ParkingOwner', key: SECRETS.key, appCodes: 1, origin: 'stack' }] }],
  'GET /apps/ParkingOwner': [
    200,
    {
      app: 'ParkingOwner',
      key: SECRETS.key,
      appCodes: 1,
      origin: 'stack',
      grants: [
        { group: 'Parking', api: 'Free', stage: 'RELEASE', by: ['stack'] },
        { group: 'Parking', api: 'Fee', stage: 'RELEASE', by: ['run-time'] },
      ],
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
  expect(shown.stdout).toContain('Parking/Free in RELEASE, Parking/Fee in RELEASE (given at run time)');
  expect(secret.code).toBe(1);
  expect(secret.stderr).toContain('APIC.0302');
});

test('create prints the credentials, this once, and says how the app may call', async () => {
  platform = await fakePlatform({ 'POST /apps': [201, SECRETS] });
  const { stdout, stderr } = await platform.run('app', 'create', 'ParkingOwner');

  expect(platform.requests[0]?.body).toEqual({ app: 'ParkingOwner' });
  for (const text of [SECRETS.key, SECRETS.secret, SECRETS.appCodes[0]]) expect(stdout).toContain(text);
  expect(stderr).toContain('causeway app grant ParkingOwner GROUP/API');
});

test('grant and revoke name the API and its stage, and say who still lets the app call', async () => {
  const grant = { app: 'City', group: 'Parking', api: 'Free', stage: 'RELEASE' };
  platform = await fakePlatform({
    'POST /apps/City/grants/Parking/Free': [200, { ...grant, by: ['stack', 'run-time'] }],
    'DELETE /apps/City/grants/Parking/Free': [200, { ...grant, by: ['stack'] }],
  });
  const granted = await platform.run('app', 'grant', 'City', 'Parking/Free');
  const revoked = await platform.run('app', 'revoke', 'City', 'Parking/Free', '--stage', 'TEST');

  expect(granted.stdout).toBe('The app City may call Parking/Free in RELEASE.\n');
  expect(granted.stderr).toContain('A stack grants it as well');
  expect(revoked.stdout).toContain('it may still call Parking/Free');
  expect(platform.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /apps/City/grants/Parking/Free?stage=RELEASE',
    'DELETE /apps/City/grants/Parking/Free?stage=TEST',
  ]);
});

test.each(['Free', 'Parking/', '/Free', 'a/b/c'])('%j is no name of an API', async (name) => {
  platform = await fakePlatform({});
  const { code, stderr } = await platform.run('app', 'grant', 'City', name);

  expect(code).toBe(2);
  expect(stderr).toContain('Name it GROUP/API');
});

test('a code is deleted by its id, so that no address and no log holds it', async () => {
  const [code] = SECRETS.appCodes;
  const id = appCodeId(code as string);
  platform = await fakePlatform({
    [`DELETE /apps/ParkingOwner/app-codes/${id}`]: [200, { app: 'ParkingOwner', id }],
    'DELETE /apps/ParkingOwner/app-codes/3fa1': [200, { app: 'ParkingOwner', id: '3fa1000000000000' }],
  });

  expect(await platform.run('app', 'app-code', 'delete', 'ParkingOwner', code as string)).toMatchObject({ code: 0 });
  expect(await platform.run('app', 'app-code', 'delete', 'ParkingOwner', '3fa1')).toMatchObject({ code: 0 });
  expect(JSON.stringify(platform.requests.map(({ url }) => url))).not.toContain(code);
});

test('codes are listed with their ids', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('app', 'app-code', 'list', 'ParkingOwner', '--json');

  expect(JSON.parse(stdout)).toEqual([{ id: SECRETS.appCodeIds[0], code: SECRETS.appCodes[0] }]);
});

test('a second secret is printed once, with what to do next', async () => {
  const made = { app: 'ParkingOwner', id: '3fa1000000000000', secret: 'the-new-secret' };
  platform = await fakePlatform({ 'POST /apps/ParkingOwner/secrets': [201, made] });
  const { stdout, stderr } = await platform.run('app', 'secret', 'add', 'ParkingOwner');
  const { stdout: json } = await platform.run('app', 'secret', 'add', 'ParkingOwner', '--json');

  expect(stdout).toContain(made.secret);
  expect(stderr).toContain('causeway app secret remove ParkingOwner');
  expect(JSON.parse(json)).toEqual(made);
});

test('secrets are listed by id and age, and not shown', async () => {
  platform = await fakePlatform({
    'GET /apps/ParkingOwner/credentials': [200, { ...SECRETS, secretIds: ['3fa1', 'b002'] }],
  });
  const { stdout } = await platform.run('app', 'secret', 'list', 'ParkingOwner', '--json');

  expect(JSON.parse(stdout)).toEqual([
    { id: '3fa1', age: 'old' },
    { id: 'b002', age: 'new' },
  ]);
  expect(stdout).not.toContain(SECRETS.secret);
});

test('a secret is removed by its id, so that no address and no log holds it', async () => {
  const id = appSecretId(SECRETS.secret);
  const answer = [200, { app: 'ParkingOwner', id }] as const;
  platform = await fakePlatform({
    [`DELETE /apps/ParkingOwner/secrets/${id}`]: answer,
    'DELETE /apps/ParkingOwner/secrets/3fa1': answer,
  });

  expect(await platform.run('app', 'secret', 'remove', 'ParkingOwner', SECRETS.secret)).toMatchObject({ code: 0 });
  expect(await platform.run('app', 'secret', 'remove', 'ParkingOwner', '3fa1')).toMatchObject({ code: 0 });
  expect(JSON.stringify(platform.requests.map(({ url }) => url))).not.toContain(SECRETS.secret);
});
