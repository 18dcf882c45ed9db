import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

const PATH = '/devices/ParkingGate/G-IN/commands';
const SENT = {
  ...{ id: 7, product: 'ParkingGate', device: 'G-IN', service: 'Barrier', command: 'open', params: { seconds: 5 } },
  ...{ mode: 'sync', status: 'answered', errcode: 0, response: { opened: true }, by: 'operator' },
  ...{ createdAt: '2026-11-24T10:00:00.000Z', expiresAt: '2026-11-24T10:00:05.000Z' },
};
const SEND = ['device', 'command', 'send', 'ParkingGate', 'G-IN', '--service', 'Barrier', '--command', 'open'];
let platform: FakePlatform;

afterEach(() => platform?.stop());

test('a command is sent as it is written, and its answer shown', async () => {
  platform = await fakePlatform({ [`POST ${PATH}`]: [200, SENT] });

  const { code, stdout } = await platform.run(...SEND, '--params', '{"seconds":5}', '--timeout', '3');

  expect(code).toBe(0);
  expect(platform.requests[0]?.body).toEqual({
    ...{ service: 'Barrier', command: 'open', mode: 'sync', params: { seconds: 5 }, timeout: 3 },
  });
  expect(stdout).toContain('{"opened":true}');
});

test('one that the device did not do is a failure', async () => {
  platform = await fakePlatform({
    [`POST ${PATH}`]: [200, { ...SENT, status: 'failed', errcode: 7, reason: 'jammed' }],
  });

  const { code, stdout } = await platform.run(...SEND);

  expect(code).toBe(1);
  expect(stdout).toContain('jammed');
});

test('one that waits for its device says until when', async () => {
  platform = await fakePlatform({ [`POST ${PATH}`]: [201, { ...SENT, mode: 'async', status: 'pending' }] });

  const { stdout } = await platform.run(...SEND, '--async', '--expires', '60');

  expect(platform.requests[0]?.body).toMatchObject({ mode: 'async', expiresIn: 60 });
  expect(stdout).toMatch(/waits until +2026-11-24T10:00:05/);
});

test.each([
  [['--params', '{seconds:5}'], '--params: received "{seconds:5}"; allowed: a JSON object'],
  [['--expires', '60'], 'add --async'],
  [['--timeout', '0'], '1 to 3600'],
])('%j is refused before anything is sent', async (argv, words) => {
  platform = await fakePlatform({});

  const { code, stderr } = await platform.run(...SEND, ...argv);

  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(platform.requests).toEqual([]);
});

test('commands are listed page by page and shown by their number', async () => {
  platform = await fakePlatform({
    [`GET ${PATH}`]: ({ url }) => [
      200,
      url.includes('next=') ? { items: [SENT] } : { items: [{ ...SENT, id: 8 }], next: 'n' },
    ],
    [`GET ${PATH}/7`]: [200, SENT],
  });

  const { stdout } = await platform.run('device', 'command', 'list', 'ParkingGate', 'G-IN', '--json');
  const shown = await platform.run('device', 'command', 'show', 'ParkingGate', 'G-IN', '7', '--json');

  expect(JSON.parse(stdout).map(({ id }: { id: number }) => id)).toEqual([8, 7]);
  expect(JSON.parse(shown.stdout)).toEqual(SENT);
});
