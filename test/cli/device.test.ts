import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { parseDeviceFile } from '../../cli/devices/device-file.ts';
import { readLocalFile } from '../../cli/platform/local-file.ts';
import { type FakePlatform, fakePlatform, refused, run } from './fake-platform.ts';
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
    presence: { state: 'never' },
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
    '/devices?product=ParkingSensor&limit=200',
    '/devices?product=ParkingSensor&limit=200&next=more',
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
    'GET /devices/Parking%20Sensor/S-001': [
      200,
      { device: 'S-001', name: 'evil \u001b[2J name', presence: { state: 'never' } },
    ],
  });
  const { code, stdout } = await platform.run('device', 'show', 'Parking Sensor', 'S-001');

  expect(code).toBe(0);
  expect(stdout).toContain('evil \\x1b[2J name');
  expect(stdout).toMatch(/^presence +never connected$/m);
});

test('show tells since when a device is offline, and why', async () => {
  const presence = { state: 'offline', since: '2026-11-24T10:00:00.000Z', reason: 'CONNECTION_LOST' };
  platform = await fakePlatform({ 'GET /devices/ParkingSensor/S-001': [200, { device: 'S-001', presence }] });

  const { stdout } = await platform.run('device', 'show', 'ParkingSensor', 'S-001');
  const json = await platform.run('device', 'show', 'ParkingSensor', 'S-001', '--json');

  expect(stdout).toMatch(/^presence +offline since 2026-11-24T10:00:00.000Z \(CONNECTION_LOST\)$/m);
  expect(JSON.parse(json.stdout)).toEqual({ device: 'S-001', presence });
});

test('list asks for what fits, and with a limit tells where to go on', async () => {
  platform = await fakePlatform({
    'GET /devices': ({ url }) => [
      200,
      url.includes('next=') ? { items: [] } : { items: [device('S-001')], next: 'more' },
    ],
  });

  const { stdout, stderr } = await platform.run(
    ...[
      'device',
      'list',
      '--presence',
      'offline',
      '--tag',
      'floor=2',
      '--tag',
      'east',
      '--text',
      'deck',
      '--limit',
      '1',
    ],
  );

  expect(platform.requests.map(({ url }) => url)).toEqual([
    '/devices?tags=floor%3D2%3Beast&state=offline&text=deck&limit=1',
  ]);
  expect(stdout).toContain('S-001');
  expect(stderr).toBe('There may be more: --next more\n');
  expect((await platform.run('device', 'list', '--next', 'more', '--tag', 'x')).stdout).toBe('No device fits.\n');
  expect((await platform.run('device', 'list', '--presence', 'away')).stderr).toContain(
    'Allowed: online, offline, never, disabled',
  );
});

test.each(['out.csv', 'out.jsonl'])('what is exported to %s can be registered again', async (name) => {
  const found = device('S-001', { tags: ['floor=2', 'east'], name: 'Deck "2", east', fixed: false, app: 'a' });
  platform = await fakePlatform({ 'GET /devices': [200, { items: [found] }] });
  const file = join(platform.state, name);

  const { code, stdout } = await platform.run('device', 'export', '--product', 'ParkingSensor', '--file', file);

  expect({ code, stdout }).toEqual({ code: 0, stdout: `1 devices into ${file}\n` });
  expect(readdirSync(platform.state)).not.toContain(`${name}.partial`);
  expect(parseDeviceFile(readFileSync(file, 'utf8'), name.endsWith('csv') ? 'csv' : 'jsonl')).toEqual([
    {
      line: name.endsWith('csv') ? 2 : 1,
      device: { device: 'S-001', name: 'Deck "2", east', tags: ['floor=2', 'east'], enabled: true },
    },
  ]);
});

test('an export that fails leaves the file of before', async () => {
  platform = await fakePlatform({ 'GET /devices': refused(500, 'APIC.0601', 'Internal server error.') });
  const file = join(platform.state, 'out.csv');
  writeFileSync(file, 'before');

  expect((await platform.run('device', 'export', '--file', file)).code).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe('before');
});

const device = (name: string, more: object = {}) => ({
  product: 'ParkingSensor',
  device: name,
  clientId: `d-${name}`,
  enabled: true,
  presence: { state: 'never' },
  ...more,
});

test('disable sends one change per device and says what is done; one that is refused does not keep the others', async () => {
  platform = await fakePlatform({
    'PATCH /devices/ParkingSensor/S-001': [200, device('S-001', { enabled: false })],
    'PATCH /devices/ParkingSensor/S-003': [200, device('S-003', { enabled: false })],
  });
  const { code, stdout, stderr } = await platform.run('device', 'disable', 'ParkingSensor', 'S-001', 'S-002', 'S-003');

  expect(platform.requests.map(({ body }) => body)).toEqual(Array(3).fill({ enabled: false }));
  expect(stdout).toBe('S-001 is disabled.\nS-003 is disabled.\n');
  expect(stderr).toBe('S-002: There is no PATCH /devices/ParkingSensor/S-002. (CAUSEWAY.0404)\n');
  expect(code).toBe(1);
});

test('enable prints one list for a program, refusals in their place', async () => {
  platform = await fakePlatform({ 'PATCH /devices/ParkingSensor/S-001': [200, device('S-001')] });
  const { code, stdout } = await platform.run('device', 'enable', 'ParkingSensor', 'S-002', 'S-001', '--json');

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    { product: 'ParkingSensor', device: 'S-002', error: expect.objectContaining({ code: 'CAUSEWAY.0404' }) },
    device('S-001'),
  ]);
  expect(platform.requests[0]?.body).toEqual({ enabled: true });
});

test('reset-password prints the new password, once, and corrects local.json for a fixed device', async () => {
  const old = { ...CREDENTIALS, password: 'Old-passw0rd' };
  platform = await fakePlatform(
    { 'POST /devices/ParkingSensor/S-101/password': [200, CREDENTIALS] },
    { devices: [{ ...old, device: 'S-100', clientId: 'd0' }, old] },
  );
  const { code, stdout, stderr } = await platform.run('device', 'reset-password', 'ParkingSensor', 'S-101');

  expect(code).toBe(0);
  expect(platform.requests[0]?.body).toEqual({});
  expect(stdout).toContain(CREDENTIALS.password);
  expect(stderr).toContain('not shown again');
  expect(readLocalFile(platform.state).devices.map(({ password }) => password)).toEqual([
    'Old-passw0rd',
    CREDENTIALS.password,
  ]);
});

test('reset-password sends the chosen password and leaves local.json alone for other devices', async () => {
  platform = await fakePlatform({ 'POST /devices/ParkingSensor/S-101/password': [200, CREDENTIALS] });
  await platform.run('device', 'reset-password', 'ParkingSensor', 'S-101', '--password', 'Ch0sen-word');

  expect(platform.requests[0]?.body).toEqual({ password: 'Ch0sen-word' });
  expect(readLocalFile(platform.state).devices).toEqual([]);
});

test('delete asks first, and deletes nothing without a yes', async () => {
  platform = await fakePlatform({
    'DELETE /devices/ParkingSensor/S-101': [200, { product: 'ParkingSensor', device: 'S-101', deleted: true }],
  });
  const asked: string[] = [];
  const remove = (answer: string | undefined, ...more: string[]) =>
    run(['device', 'delete', 'ParkingSensor', 'S-101', '--state', platform.state, ...more], {
      ask: async (question) => {
        asked.push(question);
        return answer;
      },
    });

  expect(await remove('n')).toMatchObject({ code: 1, stdout: '', stderr: 'Nothing was deleted.\n' });
  expect(await remove(undefined)).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
  expect(platform.requests).toEqual([]);
  expect(await remove('y')).toMatchObject({ code: 0, stdout: 'S-101 is deleted.\n' });
  expect(asked).toEqual(Array(3).fill('Delete S-101 of ParkingSensor for good? [y/N] '));

  expect(await remove(undefined, '--yes')).toMatchObject({ code: 0 });
  expect(asked).toHaveLength(3);
  expect(platform.requests.map(({ method }) => method)).toEqual(['DELETE', 'DELETE']);
});

test('register --file registers the lines of a file and leaves a result for each', async () => {
  platform = await fakePlatform({
    'POST /device-batches': ({ body }) => {
      const { product, devices } = body as { product: string; devices: { device: string; password: string }[] };

      return [200, { items: devices.map((device) => ({ ...CREDENTIALS, product, ...device, outcome: 'registered' })) }];
    },
  });
  const file = join(platform.state, 'devices.csv');
  writeFileSync(file, 'device,name,tags\nS-1,Deck 1,floor=1;east\nS/2,,\n');

  const dry = await platform.run('device', 'register', 'ParkingSensor', '--file', file, '--dry-run');
  const { code, stdout, stderr } = await platform.run(
    ...['device', 'register', '--product', 'ParkingSensor', '--file', file, '--json'],
  );

  expect(dry).toMatchObject({ code: 1, stdout: expect.stringContaining('1 of 2 devices can be registered') });
  expect(code).toBe(1);
  expect(platform.requests).toHaveLength(1);
  expect(platform.requests[0]?.body).toEqual({
    product: 'ParkingSensor',
    devices: [{ device: 'S-1', name: 'Deck 1', tags: ['floor=1', 'east'], password: expect.any(String) }],
  });
  const { results, ...counts } = JSON.parse(stdout);
  expect(counts).toMatchObject({ lines: 2, registered: 1, before: 0, refused: 1, open: 0 });
  expect(results).toBe(join(platform.state, 'devices.results.csv'));
  expect(readFileSync(results, 'utf8')).toMatch(
    /^line,.*\r\n2,ParkingSensor,S-1,registered,.*\r\n3,ParkingSensor,S\/2,refused,/,
  );
  expect(stderr).toContain('line 3: device: physical id: received "S/2"');
  const passwords = JSON.stringify(platform.requests[0]?.body).match(/(?<="password":")[^"]+/g) ?? [];
  expect(passwords).toHaveLength(1);
  expect(stdout + stderr).not.toContain(passwords[0]);
});

test.each([
  [['ParkingSensor'], 'Say which product and which device'],
  [['S-1', 'S-2', '--product', 'ParkingSensor'], 'Say which product and which device'],
  [['ParkingSensor', 'S-1', '--file', 'x.csv'], 'With --file there is one product and no device'],
  [['--file', 'x.csv'], 'With --file there is one product and no device'],
  [['ParkingSensor', 'S-1', '--dry-run'], '--dry-run goes with --file'],
  [['--product', 'P', '--file', 'x.csv', '--name', 'xx'], "cannot be used with option '--name <text>'"],
])('register %j is refused: %s', async (argv, message) => {
  platform = await fakePlatform({});

  expect(await platform.run('device', 'register', ...argv)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message),
  });
});
