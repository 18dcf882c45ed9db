import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, type FakeRequest, fakePlatform, run } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const item = (id: number) => ({
  id,
  quarantinedAt: '2026-11-24T08:00:00.000Z',
  eventTime: '2026-11-24T07:59:59.000Z',
  productId: 'p1',
  deviceId: 'S-001',
  traceId: 't',
  code: 'model',
  reason: 'status (enum): received "7", allowed "0", "1"',
  bytes: 33,
});
const details = (body: Buffer) => ({
  ...item(17),
  task: 'ParkingHistory',
  epoch: 1,
  shard: 'shardId-000000000002',
  sequenceNumber: '49',
  partitionKey: 'S-001',
  mappingVersion: 'aaaabbbbcccc',
  modelVersion: '111122223333',
  bytes: body.length,
  body: body.toString('base64'),
});
const showing = (body: Buffer) => fakePlatform({ 'GET /tasks/ParkingHistory/rejected/17': [200, details(body)] });
const show = (...more: string[]) => platform.run('task', 'rejected', 'show', 'ParkingHistory', '17', ...more);

test('list shows what was quarantined and why', async () => {
  platform = await fakePlatform({ 'GET /tasks/ParkingHistory/rejected': [200, { items: [item(17)] }] });
  const { stdout } = await platform.run('task', 'rejected', 'list', 'ParkingHistory');

  expect(stdout).toMatch(/17 +2026-11-24T08:00:00.000Z +model +S-001 +33 B +status \(enum\): received "7"/);
});

test('list asks for what it is to show, page by page, up to the limit, and says how to go on', async () => {
  const answer = ({ url }: FakeRequest): [number, unknown] => {
    const from = Number(new URL(url, 'http://x').searchParams.get('next') ?? 0);
    const limit = Number(new URL(url, 'http://x').searchParams.get('limit'));

    return [200, { items: Array.from({ length: limit }, (_, n) => item(from + n)), next: String(from + limit) }];
  };
  platform = await fakePlatform({ 'GET /tasks/ParkingHistory/rejected': answer });
  const { stdout } = await platform.run(
    ...['task', 'rejected', 'list', 'ParkingHistory', '--code', 'model', '--device', 'S-001'],
    ...['--since', '2026-11-24', '--until', '2026-11-25T00:00:00Z', '--limit', '250', '--json'],
  );

  expect(platform.requests.map(({ url }) => Object.fromEntries(new URL(url, 'http://x').searchParams))).toEqual([
    {
      code: 'model',
      device: 'S-001',
      since: '2026-11-24T00:00:00.000Z',
      until: '2026-11-25T00:00:00.000Z',
      limit: '200',
    },
    expect.objectContaining({ limit: '50', next: '200' }),
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ items: { length: 250 }, next: '250' });
});

test('show prints why, where from and the payload as text', async () => {
  platform = await showing(Buffer.from('{"status":"7"}\u001b[2J😀'));
  const { stdout } = await show();

  expect(stdout).toMatch(/model version +111122223333/);
  expect(stdout).toMatch(/position +shardId-000000000002 49 \(epoch 1\)/);
  expect(stdout).toContain('{"status":"7"}\\u{1b}[2J😀');
});

test('show prints bytes that are no text as a hex dump', async () => {
  platform = await showing(Buffer.from([0xff, 0x00, 0x41]));

  expect((await show()).stdout).toMatch(/00000000 {2}ff 00 41 +\.\.A\n/);
});

test('--raw prints the payload alone, byte for byte', async () => {
  const body = Buffer.from([0xff, 0x00, 0x0a, 0x41]);
  platform = await showing(body);
  const written: Uint8Array[] = [];
  await run(['task', 'rejected', 'show', 'ParkingHistory', '17', '--raw', '--state', platform.state], {
    stdout: { write: (bytes) => written.push(bytes as Uint8Array) },
  });

  expect(written).toEqual([body]);
});

test('--out writes the payload into a file, byte for byte', async () => {
  const body = Buffer.from([0xff, 0x00, 0x0a]);
  platform = await showing(body);
  const file = join(platform.state, 'payload.bin');
  const { code, stdout } = await show('--out', file);

  expect(code).toBe(0);
  expect(stdout).toContain(`3 B into ${file}`);
  expect(readFileSync(file).equals(body)).toBe(true);
});

test('--out says what is wrong with the file', async () => {
  platform = await showing(Buffer.from('x'));
  const { code, stderr } = await show('--out', join(platform.state, 'no', 'such', 'folder'));

  expect(code).toBe(1);
  expect(stderr).toContain('cannot be written');
});
