import { afterEach, expect, test } from '@jest/globals';
import type { MqttMessage } from '../../../local/engines.ts';
import {
  allow,
  type BrokerFixture,
  type BrokerOptions,
  granted,
  once,
  send,
  startBroker,
  until,
} from './broker-fixture.ts';

let broker: BrokerFixture;

afterEach(() => broker.stop());

async function start(options?: BrokerOptions) {
  broker = await startBroker(options);
}

/** The device of the fixture, with rights beyond its own topics. */
const wide = (...more: readonly [action: string, resource: string][]) => ({
  authorize: () =>
    granted(
      'd1',
      more.map(([action, resource]) => allow(action, resource)),
    ),
});

test.each([4, 5] as const)(
  'in protocol version %d the exact bytes of a publish reach the rules before its PUBACK',
  async (protocolVersion) => {
    const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
    let takeIt = () => {};
    await start({ accept: () => new Promise((resolve) => (takeIt = resolve)) });
    const client = await broker.connect({ protocolVersion });
    let acknowledged = false;

    const published = client.publishAsync('p/out/d1', bytes, { qos: 1 }).then(() => (acknowledged = true));
    await until(() => broker.messages.length === 1);
    await client.subscribeAsync('p/in/d1');

    expect(acknowledged).toBe(false);
    expect(broker.messages[0]).toMatchObject({
      topic: 'p/out/d1',
      payload: bytes,
      clientId: 'd1',
      principal: 'device1',
    });
    expect(broker.messages[0]?.traceId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(Math.abs((broker.messages[0] as MqttMessage).timestamp - Date.now())).toBeLessThan(60_000);
    takeIt();
    await published;
  },
);

test('what the rules do not take is not acknowledged, and the connection goes on', async () => {
  let fail = true;
  await start({
    accept: async () => {
      if (fail) throw new RangeError('nobody took it');
    },
  });
  const client = await broker.connect();
  let acknowledged = 0;

  client.publish('p/out/d1', '1', { qos: 1 }, () => (acknowledged += 1));
  await until(() => broker.logged('publish not acknowledged').length === 1);
  fail = false;
  await client.publishAsync('p/out/d1', '2', { qos: 1 });

  expect(acknowledged).toBe(0);
  expect(broker.logged('publish not acknowledged')).toMatchObject([
    { clientId: 'd1', topic: 'p/out/d1', reason: 'nobody took it' },
  ]);
});

test('messages reach the rules in the order in which they were published', async () => {
  await start({ accept: () => new Promise((resolve) => setImmediate(resolve)) });
  const client = await broker.connect();
  const numbers = Array.from({ length: 60 }, (_, i) => String(i));

  await Promise.all(numbers.map((number) => client.publishAsync('p/out/d1', number, { qos: 1 })));

  expect(broker.messages.map(({ payload }) => payload.toString())).toEqual(numbers);
});

test.each([
  ["another device's topic", 'p/out/d2', 'x', 0, 'the policy does not allow iot:Publish'],
  ['its own topic, retained without the right to', 'p/out/d1', 'x', 0, 'the policy does not allow iot:RetainPublish'],
  ['a payload of 128 KB and one byte', 'p/out/d1', 'x'.repeat(128 * 1024 + 1), 0, 'at most 131072 bytes'],
  ['a topic of 257 bytes', 'x'.repeat(257), 'x', 0, 'at most 256 bytes'],
  ['a topic of eight slashes', 'a/b/c/d/e/f/g/h/i', 'x', 0, 'at most 7 slashes'],
  ['QoS 2', 'p/out/d1', 'x', 2, 'QoS 2 is not supported'],
] as const)('%s: the connection is closed and nothing is acknowledged', async (what, topic, payload, qos, reason) => {
  await start();
  const client = await broker.connect();
  const closed = once(client, 'close');
  let acknowledged = false;

  client.publish(topic, payload, { qos: qos === 0 ? 1 : qos, retain: what.includes('retained') }, (error) => {
    acknowledged = error === undefined || error === null;
  });
  await closed;

  expect(acknowledged).toBe(false);
  expect(broker.messages).toEqual([]);
  expect(broker.logged('publish refused')).toMatchObject([{ clientId: 'd1', topic }]);
  expect(broker.logged('publish refused')[0]?.['reason']).toContain(reason);
});

test('a client of MQTT 5 is told why it is cut off', async () => {
  await start();
  const client = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  client.publish('p/out/d2', 'x', { qos: 1 });

  expect(await told).toMatchObject({ reasonCode: 135 });
  expect(broker.logged('disconnected')).toMatchObject([{ disconnectReason: 'FORBIDDEN_ACCESS' }]);
});

test('a packet larger than anything that could be allowed is not read into memory', async () => {
  await start();
  const client = await broker.connect();
  const closed = once(client, 'close');

  client.publish('p/out/d1', Buffer.alloc(8 * 1024 * 1024), { qos: 0 });
  await closed;

  expect(broker.messages).toEqual([]);
  expect(broker.logged('disconnected')).toMatchObject([{ detail: expect.stringContaining('a packet of more than') }]);
});

test('the largest allowed payload and topic are taken', async () => {
  const topic = `a/b/c/d/e/f/g/${'h'.repeat(242)}`;
  await start(wide(['iot:Publish', `topic/${topic}`]));
  const client = await broker.connect();

  await client.publishAsync(topic, Buffer.alloc(128 * 1024), { qos: 1 });

  expect(Buffer.byteLength(topic)).toBe(256);
  expect(broker.messages.map(({ payload }) => payload.length)).toEqual([128 * 1024]);
});

test('a topic alias stands for its topic, and an unknown one ends the connection', async () => {
  await start();
  const client = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  await client.publishAsync('p/out/d1', '1', { qos: 1, properties: { topicAlias: 3 } });
  send(client, { cmd: 'publish', topic: '', payload: '2', qos: 0, properties: { topicAlias: 3 } });
  send(client, { cmd: 'publish', topic: '', payload: '3', qos: 0, properties: { topicAlias: 4 } });

  expect(await told).toMatchObject({ reasonCode: 148 });
  expect(broker.messages.map(({ topic }) => topic)).toEqual(['p/out/d1', 'p/out/d1']);
});

test('a will is published when the connection is lost, and not when the client takes its leave', async () => {
  await start();
  const will = { topic: 'p/out/d1', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
  const polite = await broker.connect({ will });
  await polite.endAsync();
  await until(() => broker.logged('disconnected').length === 1);
  const lost = await broker.connect({ will });

  lost.stream.destroy();
  await until(() => broker.messages.length > 0);

  expect(broker.messages.map(({ payload }) => payload.toString())).toEqual(['gone']);
  expect(broker.logged('disconnected')).toMatchObject([
    { disconnectReason: 'CLIENT_INITIATED_DISCONNECT' },
    { disconnectReason: 'CONNECTION_LOST' },
  ]);
});
