import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type Answer, type Answers, type FakePlatform, fakePlatform, refused } from './fake-platform.ts';
import { CREDENTIALS, TASK } from './samples.ts';
import { type FakeBroker, fakeBroker } from './simulation/fake-broker.ts';

let platform: FakePlatform;
let broker: FakeBroker;

afterEach(async () => {
  await platform.stop();
  await broker.stop();
});

/** A platform that writes what the broker has received, but for `lost` messages. */
async function parkingLot({ lost = 0, more = {} as Answers } = {}): Promise<void> {
  const written = () => Math.max(0, broker.received.length - lost);
  const ledger = (count: number): Answer => [
    200,
    { ledger: { ...TASK.ledger, accepted: 100 + broker.received.length, written: 100 + count }, dead: null },
  ];
  platform = await fakePlatform(
    {
      'GET /instance': [200, { id: 'i-1', environment: '', version: '1', mqtt: { host: 'h', port: 443 } }],
      'GET /tasks/ParkingHistory': () => [200, { ...TASK, written: 100 + written() }],
      'GET /tasks': [
        200,
        { items: [TASK, { ...TASK, name: 'ParkingData' }, { ...TASK, name: 'Other', topic: 'Else' }] },
      ],
      'GET /tasks/ParkingHistory/ledger': () => ledger(written()),
      'GET /tasks/ParkingData/ledger': () => ledger(written()),
      'GET /tasks/ParkingHistory/latency': [200, { count: 5, p50: 512.4, p95: 900, p99: 1100, max: 1200 }],
      'POST /devices': ({ body }) => {
        const { device } = body as { device: string };
        return [
          201,
          { ...CREDENTIALS, device, clientId: `c-${device}`, password: 'right', publish: `p1/out/${device}` },
        ];
      },
      ...more,
    },
    { mqtt: { url: broker.url } },
  );
}

test('fixed devices come first, new ones are registered, every message is accounted for', async () => {
  broker = await fakeBroker();
  await parkingLot();
  platform.become({
    mqtt: { url: broker.url },
    devices: [{ ...CREDENTIALS, device: 'S-001', clientId: 'c1', password: 'right', publish: 'p1/out/S-001' }],
  });
  const { code, stdout, stderr } = await platform.run(
    ...['simulate', '--sensors', '3', '--rate', '150', '--duration', '0.1', '--json'],
  );

  expect(stderr).toContain('3 sensors of ParkingSensor');
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ sent: 15, acknowledged: 15, written: 15, quarantined: 0, inFlight: 0 },
    latency: { p50: 512.4, p95: 900, p99: 1100 },
    ledger: [
      { task: 'ParkingHistory', accepted: 15, written: 15, quarantined: 0, inFlight: 0 },
      { task: 'ParkingData', accepted: 15, written: 15, quarantined: 0, inFlight: 0 },
    ],
  });
  expect(code).toBe(0);
  expect([...new Set(broker.received.map(({ topic }) => topic))].sort()).toEqual([
    ...['p1/out/S-001', 'p1/out/SIM-0001', 'p1/out/SIM-0002'],
  ]);
  const ofFirst = broker.received.filter(({ topic }) => topic === 'p1/out/S-001').map(({ payload }) => payload);
  expect(ofFirst).toEqual(['0', '1', '0', '1', '0'].map((status) => ({ deviceId: 'S-001', status })));
});

test('credentials are kept, privately, and used again', async () => {
  broker = await fakeBroker();
  await parkingLot();
  const simulate = ['simulate', '--sensors', '2', '--rate', '100', '--duration', '0.05', '--json'];
  await platform.run(...simulate);
  await platform.run(...simulate);

  const file = join(platform.state, 'simulate.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual(['i-1']);
  expect(platform.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
});

test('a name that is taken is left alone', async () => {
  broker = await fakeBroker();
  await parkingLot({
    more: {
      'POST /devices': ({ body }) => {
        const { device } = body as { device: string };
        if (device === 'SIM-0001') return refused(409, 'CAUSEWAY.0409', 'It exists already.');
        return [201, { ...CREDENTIALS, device, clientId: device, password: 'right', publish: `p1/out/${device}` }];
      },
    },
  });
  const { code } = await platform.run('simulate', '--sensors', '1', '--rate', '50', '--duration', '0.1');

  expect(code).toBe(0);
  expect(broker.received[0]?.topic).toBe('p1/out/SIM-0002');
});

test('an acknowledged message that is not written makes it fail and say so', async () => {
  broker = await fakeBroker();
  await parkingLot({ lost: 2 });
  const { code, stdout, stderr } = await platform.run(
    ...['simulate', '--sensors', '1', '--rate', '50', '--duration', '0.1', '--settle', '0'],
  );

  expect(code).toBe(1);
  expect(stdout).toMatch(/sent +acknowledged +written +quarantined +in flight/);
  expect(stdout).toMatch(/5 +5 +3 +0 +2 +512 ms/);
  expect(stderr).toContain('2 acknowledged messages are not in the table');
  expect(stdout).toMatch(/ParkingHistory +5 +3 +0 +2/);
});

test('a ledger that cannot be read is no proof: it fails and says so', async () => {
  broker = await fakeBroker();
  await parkingLot({
    more: { 'GET /tasks/ParkingData/ledger': refused(502, 'APIC.0202', 'The ledger cannot be read now.') },
  });
  const { code, stdout, stderr } = await platform.run(
    ...['simulate', '--sensors', '1', '--rate', '50', '--duration', '0.1', '--settle', '0'],
  );

  expect(code).toBe(1);
  expect(stdout).toMatch(/ParkingData +- +- +- +-/);
  expect(stderr).toContain('The ledger of ParkingData cannot be read');
});

test('messages that another task of the topic has not accounted for make it fail too', async () => {
  broker = await fakeBroker();
  await parkingLot({
    more: { 'GET /tasks/ParkingData/ledger': [200, { ledger: TASK.ledger, dead: null }] },
  });
  const { code, stderr } = await platform.run(
    ...['simulate', '--sensors', '1', '--rate', '50', '--duration', '0.1', '--settle', '0'],
  );

  expect(code).toBe(1);
  expect(stderr).toContain('5 messages are neither written nor quarantined by ParkingData.');
});

test('after a lost connection what was not acknowledged is sent again', async () => {
  broker = await fakeBroker({
    onMessage: (count) => {
      if (count === 3) broker.cut();
    },
  });
  await parkingLot();
  const { code, stdout } = await platform.run(
    ...['simulate', '--sensors', '1', '--rate', '100', '--duration', '0.06', '--json'],
  );

  const { sent, acknowledged } = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(sent).toBe(6);
  expect(acknowledged).toBe(6);
  expect(broker.received.length).toBeGreaterThan(6);
});

test('a device that may not log in ends it with a sentence', async () => {
  broker = await fakeBroker();
  await parkingLot();
  platform.become({ mqtt: { url: broker.url }, devices: [{ ...CREDENTIALS, device: 'S-001', password: 'wrong' }] });
  const { code, stderr } = await platform.run('simulate', '--sensors', '1');

  expect(code).toBe(1);
  expect(stderr).toContain('S-001 could not log in at mqtt://127.0.0.1');
});

test('a stopped task is refused before anything is sent', async () => {
  broker = await fakeBroker();
  await parkingLot({ more: { 'GET /tasks/ParkingHistory': [200, { ...TASK, state: 'stopped' }] } });
  const { code, stderr } = await platform.run('simulate');

  expect(code).toBe(1);
  expect(stderr).toContain('causeway task start ParkingHistory');
  expect(broker.received).toEqual([]);
});

test('more than 100 messages/s a sensor is a usage error that names the number of sensors needed', async () => {
  broker = await fakeBroker();
  await parkingLot();
  const { code, stderr } = await platform.run('simulate', '--sensors', '2', '--rate', '500');

  expect(code).toBe(2);
  expect(stderr).toContain('--sensors 5');
});

test('a latency nobody knows is null, and the reason is said', async () => {
  broker = await fakeBroker();
  await parkingLot({
    more: { 'GET /tasks/ParkingHistory/latency': refused(412, 'CAUSEWAY.0412', 'The latency of it is not known.') },
  });
  const { code, stdout, stderr } = await platform.run(
    ...['simulate', '--sensors', '1', '--rate', '50', '--duration', '0.1', '--json'],
  );

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ written: 5, latency: null });
  expect(stderr).toContain('The latency of it is not known.');
});
