import { expect, test } from '@jest/globals';
import { connections } from '../../bench/connections/index.ts';
import { RawDevice } from '../../bench/connections/raw-device.ts';
import { startBroker } from '../local/mqtt/broker-fixture.ts';

const LOGIN = { product: 'P', device: 'd1', clientId: 'd1', username: 'd1', publish: 'p/out/d1', subscribe: 'p/in/d1' };

test('a device connects, subscribes and publishes; what it asks when it is cut off is refused, also afterwards', async () => {
  const broker = await startBroker();
  const device = new RawDevice(broker.ports.mqtt, { ...LOGIN, password: 'secret' });

  expect(await device.connect()).toBe(true);
  await device.subscribe();
  await device.publish('{}');
  expect(broker.messages).toHaveLength(1);
  await broker.engine.disconnect('d1');
  await expect(device.publish('{}')).rejects.toThrow('d1 was cut off');
  expect(device.lost).toBe(true);
  await expect(device.publish('{}')).rejects.toThrow('d1 was cut off');

  device.close();
  await broker.stop();
});

const REPORT = {
  devices: 5000,
  registrationSeconds: 101.5,
  loginSeconds: 147.2,
  processorMsPerLogin: 54,
  refused: 0,
  lost: 0,
  acknowledged: 5001,
  slowestPubackMs: 321,
  idleMb: 201,
  connectedMb: 331,
  afterMessagesMb: 342,
  kbPerConnection: 27,
};

test('the table shows every number of the report', () => {
  const table = connections.table(REPORT);

  for (const value of Object.values(REPORT)) {
    expect(table).toMatch(new RegExp(` ${String(value).replace('.', '\\.')} `));
  }
});

test('a device that was refused, lost or not heard is a fault, and so is a connection that takes too much', () => {
  expect(connections.fault?.(REPORT)).toBeUndefined();
  expect(connections.fault?.({ ...REPORT, refused: 1 })).toContain('1 refused');
  expect(connections.fault?.({ ...REPORT, lost: 2 })).toContain('2 lost');
  expect(connections.fault?.({ ...REPORT, acknowledged: 4999 })).toContain('4999 of 5000');
  expect(connections.fault?.({ ...REPORT, kbPerConnection: 101 })).toContain('101 kB');
});
