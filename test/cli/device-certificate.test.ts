import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';

const PATH = '/devices/ParkingSensor/S-001/certificates';
const MADE = {
  ...{ id: 'c1', product: 'ParkingSensor', device: 'S-001', clientId: 'd1', publish: 'p/out/S-001' },
  ...{ subscribe: 'p/in/S-001', mqtt: { host: 'h', port: 443 }, createdAt: '1', expiresAt: '2' },
  ...{ certificatePem: 'THE-CERTIFICATE', privateKey: 'THE-KEY' },
};
let platform: FakePlatform;

afterEach(() => platform.stop());

test.each([[], ['--json']])('a key goes into its file and nowhere else %j', async (...more) => {
  platform = await fakePlatform({ [`POST ${PATH}`]: [201, MADE] });
  const argv = ['device', 'certificate', 'create', 'ParkingSensor', 'S-001', '--out', platform.state, ...more.flat()];

  const { code, stdout, stderr } = await platform.run(...argv);

  const key = join(platform.state, 'S-001.key.pem');
  expect(code).toBe(0);
  expect(readFileSync(key, 'utf8')).toBe('THE-KEY');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(platform.state, 'S-001.cert.pem'), 'utf8')).toBe('THE-CERTIFICATE');
  expect(stdout).toContain(key);
  expect(stdout + stderr).not.toContain('THE-KEY');
});

test('where a key cannot be written no certificate is made, and what is there stays', async () => {
  platform = await fakePlatform({ [`POST ${PATH}`]: [201, MADE] });
  writeFileSync(join(platform.state, 'S-001.key.pem'), 'before');

  const { code, stderr } = await platform.run(
    ...['device', 'certificate', 'create', 'ParkingSensor', 'S-001', '--out', platform.state],
  );

  expect(code).toBe(1);
  expect(stderr).toContain('it is there already; name another folder with --out');
  expect(platform.requests).toEqual([]);
  expect(readFileSync(join(platform.state, 'S-001.key.pem'), 'utf8')).toBe('before');
  expect(existsSync(join(platform.state, 'S-001.cert.pem'))).toBe(false);
});

test('a refusal leaves no empty files', async () => {
  platform = await fakePlatform({ [`POST ${PATH}`]: refused(412, 'CAUSEWAY.0412', 'The device has 5 certificates.') });

  const { code, stderr } = await platform.run(
    ...['device', 'certificate', 'create', 'ParkingSensor', 'S-001', '--out', platform.state],
  );

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('The device has 5 certificates.') });
  expect(existsSync(join(platform.state, 'S-001.key.pem'))).toBe(false);
});

test('certificates are listed and revoked by their ids', async () => {
  const certificate = { id: 'c1', state: 'active', createdAt: '1', expiresAt: '2' };
  platform = await fakePlatform({
    [`GET ${PATH}`]: [200, { items: [certificate] }],
    [`DELETE ${PATH}/c1`]: [200, { ...certificate, state: 'revoked' }],
  });

  expect((await platform.run('device', 'certificate', 'list', 'ParkingSensor', 'S-001')).stdout).toMatch(/c1 +active/);
  expect((await platform.run('device', 'certificate', 'revoke', 'ParkingSensor', 'S-001', 'c1')).stdout).toBe(
    'c1 of S-001 is revoked.\n',
  );
});
