import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';
import { CREDENTIALS } from './samples.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

test('register sends what was given with the token and prints the credentials once', async () => {
  platform = await fakePlatform({ 'POST /devices': [201, CREDENTIALS] });
  const { code, stdout, stderr } = await platform.run(
    ...[
      'device',
      'register',
      'ParkingSensor',
      'S-101',
      '--name',
      'Level 2',
      '--tag',
      'floor-2',
      '--tag',
      'east',
      '--disabled',
    ],
  );

  expect(code).toBe(0);
  expect(platform.requests[0]).toMatchObject({
    headers: { authorization: 'Bearer the-token' },
    body: { product: 'ParkingSensor', device: 'S-101', name: 'Level 2', tags: ['floor-2', 'east'], enabled: false },
  });
  expect(stdout).toContain(CREDENTIALS.password);
  expect(stdout).toContain(CREDENTIALS.publish);
  expect(stderr).toContain('not shown again');
});

test('register sends nothing that was not given', async () => {
  platform = await fakePlatform({ 'POST /devices': [201, CREDENTIALS] });
  const { stdout } = await platform.run('device', 'register', 'ParkingSensor', 'S-101', '--json');

  expect(platform.requests[0]?.body).toEqual({ product: 'ParkingSensor', device: 'S-101' });
  expect(JSON.parse(stdout)).toEqual(CREDENTIALS);
});

test('register of a known device fails with the platform’s words', async () => {
  platform = await fakePlatform({ 'POST /devices': refused(409, 'CAUSEWAY.0409', 'S-101 exists already.') });
  const { code, stdout, stderr } = await platform.run('device', 'register', 'ParkingSensor', 'S-101', '--json');

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('S-101 exists already.');
});

test('list follows the pages and keeps the product in each request', async () => {
  const device = (name: string) => ({
    product: 'ParkingSensor',
    device: name,
    clientId: 'd1',
    enabled: true,
    tags: [],
  });
  platform = await fakePlatform({
    'GET /devices': ({ url }) =>
      url.includes('next=more')
        ? [200, { items: [device('S-002')] }]
        : [200, { items: [device('S-001')], next: 'more' }],
  });
  const { code, stdout } = await platform.run('device', 'list', '--product', 'ParkingSensor');

  expect(code).toBe(0);
  expect(platform.requests.map(({ url }) => url)).toEqual([
    '/devices?product=ParkingSensor',
    '/devices?product=ParkingSensor&next=more',
  ]);
  expect(stdout).toMatch(/^product +device +client id/);
  expect(stdout).toContain('S-001');
  expect(stdout).toContain('S-002');
});

test('an empty list says how to register one', async () => {
  platform = await fakePlatform({ 'GET /devices': [200, { items: [] }] });

  expect((await platform.run('device', 'list')).stdout).toContain('causeway device register');
  expect((await platform.run('device', 'list', '--json')).stdout).toBe('[]\n');
});

test('show escapes names in the path and control characters in the answer', async () => {
  platform = await fakePlatform({
    'GET /devices/Parking%20Sensor/S-001': [200, { device: 'S-001', name: 'evil \u001b[2J name' }],
  });
  const { code, stdout } = await platform.run('device', 'show', 'Parking Sensor', 'S-001');

  expect(code).toBe(0);
  expect(stdout).toContain('evil \\x1b[2J name');
});
