import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const KEY = 'p1/S-001/1764000000000-0b1c.json';
const item = {
  key: KEY,
  productId: 'p1',
  product: 'ParkingSensor',
  device: 'S-001',
  destination: 'ParkingEvents',
  at: '2025-11-24T16:00:00.000Z',
  bytes: 300,
};
const PAYLOAD = Buffer.from([0xff, 0x00, 0x41]);
const details = {
  ...item,
  rule: 'SensorMessages',
  topic: 'p1/out/S-001',
  clientId: 'd1',
  traceId: 't',
  failures: [{ action: 'KinesisAction', resource: 'Events', reason: 'Failed to publish: throttled' }],
  payload: PAYLOAD.toString('base64'),
  problem: null,
};
const showing = () => fakePlatform({ [`GET /error-store/${KEY}`]: [200, details] });

test('list shows whose messages no topic took', async () => {
  platform = await fakePlatform({ 'GET /error-store': [200, { items: [item], next: 'more' }] });
  const { stdout, stderr } = await platform.run('error-store', 'list', '--product', 'ParkingSensor', '--limit', '1');

  expect(stdout).toMatch(
    /2025-11-24T16:00:00.000Z +ParkingSensor +S-001 +ParkingEvents +300 B +p1\/S-001\/1764000000000-0b1c.json/,
  );
  expect(stderr).toContain('There are more: --next more');
  expect(platform.requests[0]?.url).toBe('/error-store?product=ParkingSensor&limit=1');
});

test('--count says how many of each product and topic, over all pages', async () => {
  const gate = { ...item, product: null, productId: 'p2', destination: null, at: null };
  const early = { ...item, at: '2025-11-24T15:00:00.000Z' };
  platform = await fakePlatform({
    'GET /error-store': ({ url }) => [
      200,
      url.includes('next=more') ? { items: [early, gate] } : { items: [item, item], next: 'more' },
    ],
  });
  const { stdout } = await platform.run('error-store', 'list', '--count');

  expect(stdout).toMatch(
    /ParkingSensor +ParkingEvents +3 +2025-11-24T15:00:00.000Z +2025-11-24T16:00:00.000Z\np2 +- +1/,
  );
  const counted = await platform.run('error-store', 'list', '--count', '--json');
  expect(JSON.parse(counted.stdout)).toMatchObject({
    items: [
      { product: 'ParkingSensor', destination: 'ParkingEvents', messages: 3 },
      { product: 'p2', messages: 1 },
    ],
  });
});

test('an empty store is said to be', async () => {
  platform = await fakePlatform({ 'GET /error-store': [200, { items: [] }] });

  expect((await platform.run('error-store', 'list')).stdout).toContain('The error store is empty');
});

test('show prints what failed and what the device sent', async () => {
  platform = await showing();
  const { stdout } = await platform.run('error-store', 'show', KEY);

  expect(stdout).toMatch(/failed action +KinesisAction on Events\nreason +Failed to publish: throttled/);
  expect(stdout).toMatch(/00000000 {2}ff 00 41/);
});

test('--out writes the bytes the device sent', async () => {
  platform = await showing();
  const file = join(platform.state, 'payload.bin');
  await platform.run('error-store', 'show', KEY, '--out', file);

  expect(readFileSync(file).equals(PAYLOAD)).toBe(true);
});

test.each(['p1/S-001', 'a/b/c/d', '//'])('show refuses %j, which is no key', async (key) => {
  platform = await showing();
  const { code, stderr } = await platform.run('error-store', 'show', key);

  expect(code).toBe(2);
  expect(stderr).toContain('<product id>/<device>/<object>');
});

const replaying = (...answers: object[]) => {
  let call = 0;
  return fakePlatform({
    'POST /error-store': () => {
      const answer = answers[call] as { status?: number };
      call += 1;
      return answer.status === undefined ? [200, answer] : refused(answer.status, 'CAUSEWAY.0423', 'Another is at it.');
    },
  });
};
const counts = { topic: 'ParkingEvents', settled: 0, left: 0, skipped: [] };

test('replay goes page by page to the end and says how many', async () => {
  platform = await replaying({ ...counts, replayed: 500, next: 'p1/a/1' }, { ...counts, replayed: 3, settled: 2 });
  const { code, stdout } = await platform.run('error-store', 'replay', 'ParkingEvents', '--all');

  expect([code, stdout]).toEqual([0, '505 messages are in their topic.\n']);
  expect(platform.requests.map(({ body }) => body)).toEqual([
    { target: 'ParkingEvents' },
    { target: 'ParkingEvents', after: 'p1/a/1' },
  ]);
});

test('replay of a part asks for that part', async () => {
  platform = await replaying({ ...counts, replayed: 1 }, { ...counts, replayed: 1 });
  const since = '2025-11-24T16:00:00Z';
  await platform.run('error-store', 'replay', 'Rule', '--product', 'Gate', '--device', 'G-1', '--since', since);
  await platform.run('error-store', 'replay', 'Rule', '--key', KEY, '--key', 'p/d/o', '--json');

  expect(platform.requests.map(({ body }) => body)).toEqual([
    { target: 'Rule', product: 'Gate', device: 'G-1', since: 1_764_000_000_000 },
    { target: 'Rule', keys: [KEY, 'p/d/o'] },
  ]);
});

test('replay without a word of which messages is refused', async () => {
  platform = await replaying();
  const { code, stderr } = await platform.run('error-store', 'replay', 'ParkingEvents');

  expect([code, stderr]).toEqual([2, expect.stringContaining('Say which messages: --all, --key')]);
  expect(platform.requests).toEqual([]);
});

test('replay fails when messages stay, and names why', async () => {
  const skipped = [{ key: KEY, reason: 'it cannot be read' }];
  platform = await replaying({ ...counts, replayed: 1, left: 2, skipped });
  const { code, stdout } = await platform.run('error-store', 'replay', 'ParkingEvents', '--all');

  expect(code).toBe(1);
  expect(stdout).toContain('2 it did not take now');
  expect(stdout).toContain(`${KEY} stays: it cannot be read`);
});
