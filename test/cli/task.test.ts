import { afterEach, expect, test } from '@jest/globals';
import { type Answer, type FakePlatform, fakePlatform } from './fake-platform.ts';
import { TASK } from './samples.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

test('list shows state and counts', async () => {
  platform = await fakePlatform({ 'GET /tasks': [200, { items: [TASK] }] });
  const { stdout } = await platform.run('task', 'list');

  expect(stdout).toMatch(/ParkingHistory +started +ParkingEvents +ParkingHistory +1 234 567 +2 +7 /);
});

const ledgerOf = (ledger: object | null, dead: string | null = null): Answer => [
  200,
  { task: 'ParkingHistory', ledger, dead },
];

test('show prints the account, and whether it adds up', async () => {
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, TASK],
    'GET /tasks/ParkingHistory/ledger': ledgerOf(TASK.ledger),
  });
  const { stdout } = await platform.run('task', 'show', 'ParkingHistory');

  expect(stdout).toMatch(/accepted +1 234 576 messages\nwritten +1 234 567 messages\nquarantined +2 messages/);
  expect(stdout).toMatch(/in flight +7 messages\nadds up +yes, as of 2026-11-24T10:57:00.000Z/);
});

test.each([
  [{ ...TASK.ledger, addsUp: false, lost: 3 }, 'no: 3 lost, as of 2026-11-24T10:57:00.000Z'],
  [{ ...TASK.ledger, addsUp: false, doubled: 1200 }, 'no: 1 200 written twice'],
  [{ ...TASK.ledger, addsUp: null, asOf: null }, 'not judged yet'],
  [null, 'not judged yet'],
])('a ledger like %j is told in words', async (ledger, words) => {
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, TASK],
    'GET /tasks/ParkingHistory/ledger': ledgerOf(ledger),
  });

  expect((await platform.run('task', 'show', 'ParkingHistory')).stdout).toContain(words);
});

test('a dead task is called so, with the reason', async () => {
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, TASK],
    'GET /tasks/ParkingHistory/ledger': ledgerOf(TASK.ledger, 'its event source mapping is gone'),
  });

  expect((await platform.run('task', 'show', 'ParkingHistory')).stdout).toContain(
    'started, but dead: its event source mapping is gone',
  );
});

test('show adds a line for every shard', async () => {
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, TASK],
    'GET /tasks/ParkingHistory/ledger': ledgerOf(TASK.ledger),
  });
  const { stdout } = await platform.run('task', 'show', 'ParkingHistory');

  expect(stdout).toContain('45.6 MB');
  expect(stdout).toMatch(/shardId-000000000000 +1 +1 234 567 +2 +2026-11-24T11:00:00.000Z +49\n/);
});

test('show of a task that never ran shows dashes', async () => {
  const fresh = { ...TASK, written: 0, startedAt: null, updatedAt: null, shards: [] };
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, fresh],
    'GET /tasks/ParkingHistory/ledger': ledgerOf(null),
  });
  const { stdout } = await platform.run('task', 'show', 'ParkingHistory');

  expect(stdout).toMatch(/last batch +-/);
});

test.each(['start', 'stop'])('%s asks the platform to', async (verb) => {
  platform = await fakePlatform({ [`POST /tasks/ParkingHistory/${verb}`]: [200, { name: 'ParkingHistory' }] });
  const { code, stdout } = await platform.run('task', verb, 'ParkingHistory');

  expect(code).toBe(0);
  expect(platform.requests).toHaveLength(1);
  expect(stdout).toContain('ParkingHistory is');
});

test('instance show prints where devices connect: on this machine at the ports of this start', async () => {
  const instance = { id: 'i-1', environment: 'dev', version: '0.1.0', mqtt: { host: 'h.example', port: 443 } };
  platform = await fakePlatform({ 'GET /instance': [200, instance] });

  expect((await platform.run('instance', 'show')).stdout).toMatch(/MQTT with TLS +127.0.0.1:2\nMQTT +127.0.0.1:1\n/);
  expect(JSON.parse((await platform.run('instance', 'show', '--json')).stdout)).toEqual({
    ...instance,
    mqtt: { host: '127.0.0.1', port: 2 },
  });
});

test('several tasks are started; one that is refused does not spare the others', async () => {
  platform = await fakePlatform({
    'POST /tasks/A/start': [200, { name: 'A', state: 'started' }],
    'POST /tasks/C/start': [200, { name: 'C', state: 'started' }],
  });
  const { code, stdout, stderr } = await platform.run('task', 'start', 'A', 'B', 'C');
  const json = await platform.run('task', 'start', 'A', 'C', '--json');

  expect([code, stdout]).toEqual([1, 'A is started.\nC is started.\n']);
  expect(stderr).toContain('B: There is no POST /tasks/B/start.');
  expect(JSON.parse(json.stdout)).toEqual([
    { name: 'A', state: 'started' },
    { name: 'C', state: 'started' },
  ]);
});

const lost = { ...TASK.ledger, addsUp: false, lost: 3 };
const ACKNOWLEDGE = ['task', 'ledger', 'acknowledge', 'ParkingHistory', '--reason', 'stopped too long'];
const withLedger = (ledger: object) =>
  fakePlatform({
    'GET /tasks/ParkingHistory/ledger': ledgerOf(ledger),
    'POST /tasks/ParkingHistory/ledger/acknowledgements': [200, {}],
  });

test.each([
  [lost, 3, '3 lost'],
  [{ ...lost, lost: 0, doubled: 2 }, -2, '2 written twice'],
])('acknowledge sends the difference that was seen, with the reason', async (ledger, difference, words) => {
  platform = await withLedger(ledger);

  expect(await platform.run(...ACKNOWLEDGE, '--yes')).toMatchObject({
    code: 0,
    stdout: `ParkingHistory: ${words}, acknowledged.\n`,
  });
  expect(platform.requests.at(-1)?.body).toEqual({ difference, reason: 'stopped too long' });
});

test.each([
  ['nothing is missing', TASK.ledger, [...ACKNOWLEDGE, '--yes'], 1, 'has no difference to acknowledge'],
  ['nobody can be asked', lost, ACKNOWLEDGE, 2, 'say --yes to acknowledge'],
  ['no reason is given', lost, [...ACKNOWLEDGE.slice(0, 4), '--yes'], 2, '--reason'],
])('acknowledge changes nothing where %s', async (_, ledger, argv, code, words) => {
  platform = await withLedger(ledger);
  const ran = await platform.run(...argv);

  expect(ran).toMatchObject({ code, stderr: expect.stringContaining(words) });
  expect(platform.requests.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('show names what was acknowledged', async () => {
  platform = await fakePlatform({
    'GET /tasks/ParkingHistory': [200, TASK],
    'GET /tasks/ParkingHistory/ledger': ledgerOf({ ...TASK.ledger, acknowledged: 4 }),
  });

  expect((await platform.run('task', 'show', 'ParkingHistory')).stdout).toMatch(/acknowledged +4 lost/);
});
