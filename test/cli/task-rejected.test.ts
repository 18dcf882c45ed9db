import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  position: null,
  code: 'model',
  reason: 'status (enum): received "7", allowed "0", "1"',
  bytes: 33,
  attempts: 0,
  corrected: false,
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
  ...{ attempts: 0, corrected: false, correction: null, correctedAt: null, correctedBy: null, attemptedAt: null },
});
const showing = (body: Buffer) => fakePlatform({ 'GET /tasks/ParkingHistory/rejected/17': [200, details(body)] });
const show = (...more: string[]) => platform.run('task', 'rejected', 'show', 'ParkingHistory', '17', ...more);

test('list shows what was quarantined and why', async () => {
  platform = await fakePlatform({ 'GET /tasks/ParkingHistory/rejected': [200, { items: [item(17)] }] });
  const { stdout } = await platform.run('task', 'rejected', 'list', 'ParkingHistory');

  expect(stdout).toMatch(/17 +2026-11-24T08:00:00.000Z +model +S-001 +33 B +0 +status \(enum\): received "7"/);
});

test('of a scheduled task the list shows where a record stands in its source', async () => {
  const record = { ...item(17), deviceId: null, traceId: '20261124T080000000Z-0001', position: 'prices/monday.csv:17' };
  platform = await fakePlatform({ 'GET /tasks/ParkingHistory/rejected': [200, { items: [record] }] });
  const { stdout } = await platform.run('task', 'rejected', 'list', 'ParkingHistory');

  expect(stdout).toMatch(/id +quarantined +code +position +size/);
  expect(stdout).toMatch(/model +prices\/monday\.csv:17 +33 B/);
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

const replaying = (...answers: object[]) => {
  let call = 0;

  return fakePlatform({
    'POST /tasks/ParkingHistory/rejected': () => {
      call += 1;
      return [200, { refused: [], missing: [], through: 900, ...answers[call - 1] }];
    },
  });
};
const replay = (...more: string[]) => platform.run('task', 'rejected', 'replay', 'ParkingHistory', ...more);

test('replay goes page by page, up to what there was when it began, and says how many', async () => {
  platform = await replaying({ written: 300, next: 400 }, { written: 7 });
  const { code, stdout } = await replay('--all');

  expect([code, stdout]).toEqual([0, '307 messages are written.\n']);
  expect(platform.requests.map(({ body }) => body)).toEqual([
    { count: false },
    { count: false, after: 400, through: 900 },
  ]);
});

test('replay of a part asks for that part', async () => {
  platform = await replaying({ written: 1 }, { written: 2 });
  await replay('--code', 'model', '--column', 'status', '--reason', '7', '--device', 'S-1', '--since', '2026-11-24');
  await replay('--id', '17', '--id', '4', '--overwrite');

  expect(platform.requests.map(({ body }) => body)).toEqual([
    { code: 'model', column: 'status', reason: '7', device: 'S-1', since: '2026-11-24T00:00:00.000Z', count: false },
    { ids: [4, 17], overwrite: true },
  ]);
});

test('replay fails when a message is refused again, or is not there, and says why', async () => {
  const refused = [{ id: 17, code: 'length', reason: 'Status: 20 characters' }];
  platform = await replaying({ written: 1, refused, missing: [18] });
  const { code, stdout } = await replay('--id', '17', '--id', '18', '--id', '19');

  expect(code).toBe(1);
  expect(stdout).toContain('17 is refused again (length): Status: 20 characters');
  expect(stdout).toContain('18 is not in the quarantine of ParkingHistory.');
});

test.each([
  [['replay'], 'Say which messages: --all, --id'],
  [['replay', '--id', 'x'], 'a whole number from 1'],
  [['edit', '17'], 'Say what the payload is to be'],
])('task rejected %j without enough is refused', async ([what = '', ...rest], words) => {
  platform = await replaying();
  const { code, stderr } = await platform.run('task', 'rejected', what, 'ParkingHistory', ...rest);

  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test('edit sends the bytes of a file, or takes the correction back', async () => {
  platform = await fakePlatform({ 'PATCH /tasks/ParkingHistory/rejected/17': [200, {}] });
  const file = join(platform.state, 'payload');
  const bytes = Buffer.from([0xff, 0x00, 0x41]);
  writeFileSync(file, bytes);
  const edit = (...more: string[]) => platform.run('task', 'rejected', 'edit', 'ParkingHistory', '17', ...more);

  expect((await edit('--file', file)).stdout).toContain('has a corrected payload of 3 B');
  expect((await edit('--take-back')).code).toBe(0);
  expect(platform.requests.map(({ method, body }) => [method, body])).toEqual([
    ['PATCH', { correction: bytes.toString('base64') }],
    ['PATCH', { correction: null }],
  ]);
  expect(await edit('--file', 'no-such-file')).toMatchObject({ code: 1 });
});

test('show says that a record was corrected and replayed in vain, and prints the correction', async () => {
  const record = {
    ...details(Buffer.from('before')),
    ...{ attempts: 2, attemptedAt: '2026-11-24T09:00:00.000Z', correction: Buffer.from('behind').toString('base64') },
    ...{ corrected: true, correctedAt: '2026-11-24T08:30:00.000Z', correctedBy: 'arn:user' },
  };
  platform = await fakePlatform({ 'GET /tasks/ParkingHistory/rejected/17': [200, record] });
  const { stdout } = await show();

  expect(stdout).toContain('2 times in vain, last 2026-11-24T09:00:00.000Z');
  expect(stdout).toContain('2026-11-24T08:30:00.000Z by arn:user: --corrected shows it');
  expect(stdout).toMatch(/before\n$/);
  expect((await show('--corrected', '--raw')).stdout).toBe('behind');
});

test('try shows the row, the statement and what is bound in it; a message of a device is one of its product', async () => {
  const tried = {
    ...{ task: 'ParkingHistory', table: 'ParkingHistory', mappingVersion: 'aaaabbbbcccc', outcome: 'written' },
    ...{ message: { data: { a: 1 } }, row: { DeviceId: 'S-001', Status: null }, sql: 'INSERT INTO x' },
    parameters: { rows: '[["S-001",null]]' },
  };
  platform = await fakePlatform({
    'GET /devices/Sensor/S-001': [200, { clientId: 'd1', publish: 'p1/out/S-001' }],
    'POST /tasks/ParkingHistory/trials': [200, tried],
  });
  const line = ['task', 'try', 'ParkingHistory', '--message', '{"a":1}'];
  const { code, stdout } = await platform.run(...line, '--product', 'Sensor', '--device', 'S-001');

  expect(code).toBe(0);
  expect(stdout).toMatch(
    /outcome +written[\s\S]*"a": 1[\s\S]*Status +NULL[\s\S]*INSERT INTO x[\s\S]*:rows +\[\["S-001",null\]\]/,
  );
  expect(platform.requests.at(-1)?.body).toEqual({
    ...{ payload: Buffer.from('{"a":1}').toString('base64'), clientId: 'd1', productId: 'p1', deviceId: 'S-001' },
  });
});

test('try ends with 1 for what would go into the quarantine, and needs a message', async () => {
  const refused = { task: 'T', table: 'T', mappingVersion: 'm', outcome: 'quarantined', code: 'syntax', reason: 'why' };
  platform = await fakePlatform({ 'POST /tasks/T/trials': [200, refused] });

  expect(await platform.run('task', 'try', 'T', '--message', 'x')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/code +syntax\n.*reason +why/),
  });
  expect(await platform.run('task', 'try', 'T')).toMatchObject({ code: 2 });
});

test('try shows what records of a scheduled task would become, of its source or of a file', async () => {
  const records = [
    { position: 'Id=1', record: { Id: 1 }, outcome: 'written', written: { request: 'PUT erp/orders/1' } },
    { position: 'Id=2', record: { Id: 'x' }, outcome: 'quarantined', code: 'type', reason: 'no number' },
  ];
  const answer = { task: 'Out', target: 'PUT erp/orders/{Id}', mappingVersion: 'm', records };
  platform = await fakePlatform({ 'POST /tasks/Out/dry-runs': [200, answer] });

  expect(await platform.run('task', 'try', 'Out', '--rows', '2')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /target +PUT erp[\s\S]*Id=1: written[\s\S]*"PUT erp\/orders\/1"[\s\S]*Id=2: quarantined[\s\S]*type: no number/,
    ),
  });
  expect(platform.requests.at(-1)?.body).toEqual({ rows: 2 });
  const file = join(mkdtempSync(join(tmpdir(), 'causeway-sample-')), 'one.json');
  writeFileSync(file, '{"Id":7}');
  await platform.run('task', 'try', 'Out', '--sample', file);
  expect(platform.requests.at(-1)?.body).toEqual({ records: [{ Id: 7 }] });
  writeFileSync(file, 'Id=7');
  expect(await platform.run('task', 'try', 'Out', '--sample', file)).toMatchObject({ code: 2 });
  expect(await platform.run('task', 'try', 'Out', '--sample', file, '--message', 'x')).toMatchObject({ code: 2 });
});
