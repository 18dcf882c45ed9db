import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const BACKEND = {
  name: 'Parking/Space',
  group: 'Parking',
  api: 'Space',
  app: 'ParkingOwner',
  kind: 'data',
  published: false,
  method: 'POST',
  path: '/spaces/{deviceId}',
  parameters: [],
};
const REPORT = {
  backend: BACKEND,
  request: {
    method: 'POST',
    path: '/spaces/S-001?n=1',
    headers: [['Content-Type', 'application/json']],
    body: '{"a":1}',
  },
  statement: {
    sql: 'select * from T where Id=:p0 and N=:p1',
    parameters: [
      { name: 'p0', value: { stringValue: 'S-001' } },
      { name: 'p1', value: { isNull: true } },
    ],
  },
  answer: { status: 200, headers: [['X-Request-Id', 'f00d']], body: '{"default":[]}', base64: false },
  milliseconds: 12.34,
};

test('a test shows the statement with its values, what went out, what came back and the time', async () => {
  platform = await fakePlatform({ 'POST /backends/Parking/Space/test': [200, REPORT] });
  const { code, stdout } = await platform.run('backend', 'test', 'Parking/Space');

  expect(code).toBe(0);
  expect(stdout).toBe(`select * from T where Id=:p0 and N=:p1
  :p0 = "S-001"
  :p1 = NULL

> POST /spaces/S-001?n=1 HTTP/1.1
> Content-Type: application/json
>
> {"a":1}
< HTTP/1.1 200
< X-Request-Id: f00d
<
{"default":[]}

12.3 ms
`);
});

test('what is asked for is what the options say', async () => {
  platform = await fakePlatform({ 'POST /backends/Parking/Space/test': [200, REPORT] });
  await platform.run(
    ...['backend', 'test', 'Parking/Space', '-X', 'put', '-p', 'deviceId=S=1', '-p', 'n=2'],
    ...['-H', 'X-A: b', '-d', 'x=1', '--app', 'City', '--context', 'user=ada'],
  );
  await platform.run('backend', 'test', 'Parking/Space');

  expect(platform.requests.map(({ body }) => body)).toEqual([
    {
      method: 'PUT',
      parameters: { deviceId: 'S=1', n: '2' },
      headers: { 'X-A': 'b' },
      body: 'x=1',
      app: 'City',
      context: { user: 'ada' },
    },
    {},
  ]);
});

test('a backend that refuses or fails makes the exit code 1; --json is the report', async () => {
  const failed = { ...REPORT, answer: { ...REPORT.answer, status: 500 } };
  platform = await fakePlatform({ 'POST /backends/Parking/Space/test': [200, failed] });
  const { code, stdout } = await platform.run('backend', 'test', 'Parking/Space', '--json');

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual(failed);
});

test('a backend is named by group and API', async () => {
  platform = await fakePlatform({});
  const { code, stderr } = await platform.run('backend', 'test', 'Space');

  expect([code, stderr]).toEqual([2, expect.stringContaining('GROUP/API')]);
});

test('the list says what is published', async () => {
  platform = await fakePlatform({ 'GET /backends': [200, { items: [BACKEND] }] });

  expect((await platform.run('backend', 'list')).stdout).toMatch(
    /Parking\/Space +data +POST +\/spaces\/\{deviceId\} +no/,
  );
});
