import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

test('list shows the gateways of a platform', async () => {
  const gateway = { product: 'Hub', device: 'G-1', clientId: 'd1', enabled: true, presence: { state: 'online' } };
  platform = await fakePlatform({ 'GET /gateways': [200, { items: [gateway] }] });

  expect(await platform.run('gateway', 'list')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Hub +G-1 +d1 +yes +online/),
  });
});

test('list says what to do on a platform that has none', async () => {
  platform = await fakePlatform({});

  expect(await platform.run('gateway', 'list')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('its stack says so with "gateways: true"'),
  });
});
