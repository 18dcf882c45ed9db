import { afterEach, expect, test } from '@jest/globals';
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

const everything = {
  authorize: ({ protocolData }: { protocolData: { mqtt: { clientId: string } } }) =>
    granted(protocolData.mqtt.clientId, [allow('iot:*', '*')]),
};

/** Everything a client receives, as text. */
function receive(client: {
  on(
    event: 'message',
    listener: (topic: string, payload: Buffer, packet: { retain: boolean; qos: number }) => void,
  ): unknown;
}) {
  const received: { topic: string; text: string; retain: boolean; qos: number }[] = [];
  client.on('message', (topic, payload, { retain, qos }) =>
    received.push({ topic, text: payload.toString(), retain, qos }),
  );
  return received;
}

test("a device hears its own in topic, and another device's is refused in the SUBACK", async () => {
  await start({
    authorize: ({ protocolData }: { protocolData: { mqtt: { clientId: string } } }) =>
      protocolData.mqtt.clientId === 'd1' ? granted() : granted('d2', [allow('iot:Publish', 'topic/p/in/d1')]),
  });
  const device = await broker.connect();
  const other = await broker.connect({ clientId: 'd2' });
  const received = receive(device);

  expect(await device.subscribeAsync('p/in/d1', { qos: 1 })).toMatchObject([{ qos: 1 }]);
  await expect(device.subscribeAsync('p/in/d2')).rejects.toThrow(/Unspecified error|Subscribe error/i);
  await other.publishAsync('p/in/d1', 'open', { qos: 1 });
  await until(() => received.length === 1);

  expect(received).toEqual([{ topic: 'p/in/d1', text: 'open', retain: false, qos: 1 }]);
  expect(broker.logged('subscribe refused')).toMatchObject([
    { clientId: 'd1', topic: 'p/in/d2', reason: 'the policy does not allow iot:Subscribe' },
  ]);
});

test('a message the policy does not let a client receive is not delivered', async () => {
  await start({
    authorize: ({ protocolData }: { protocolData: { mqtt: { clientId: string } } }) =>
      protocolData.mqtt.clientId === 'd1'
        ? granted('d1', [allow('iot:Subscribe', 'topicfilter/p/+/+')])
        : granted('d2', [allow('iot:Publish', 'topic/p/*')]),
  });
  const device = await broker.connect();
  const other = await broker.connect({ clientId: 'd2' });
  const received = receive(device);
  await device.subscribeAsync('p/+/+');

  await other.publishAsync('p/in/d9', 'not for you', { qos: 1 });
  await other.publishAsync('p/in/d1', 'for you', { qos: 1 });
  await until(() => received.length > 0);

  expect(received.map(({ text }) => text)).toEqual(['for you']);
  expect(broker.logged('message not delivered')).toMatchObject([{ clientId: 'd1', topic: 'p/in/d9' }]);
});

test('eight filters may be subscribed at once, and nine are all refused', async () => {
  await start(everything);
  const client = await broker.connect();
  const filters = (count: number) => Array.from({ length: count }, (_, i) => `f/${i}`);

  expect(await client.subscribeAsync(filters(8))).toHaveLength(8);
  await expect(client.subscribeAsync(filters(9))).rejects.toThrow();

  expect(broker.logged('subscribe refused')).toHaveLength(9);
});

test('a connection has at most fifty subscriptions', async () => {
  await start(everything);
  const client = await broker.connect();
  for (let i = 0; i < 50; i += 1) await client.subscribeAsync(`f/${i}`);

  await expect(client.subscribeAsync('f/50')).rejects.toThrow();
  await client.unsubscribeAsync('f/0');

  expect(await client.subscribeAsync('f/50')).toMatchObject([{ topic: 'f/50' }]);
  expect(await client.subscribeAsync('f/50', { qos: 1 })).toMatchObject([{ qos: 1 }]);
});

test('a subscription with QoS 2 gets no SUBACK and ends the connection', async () => {
  await start(everything);
  const client = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  client.subscribe('a', { qos: 2 }, () => {});

  expect(await told).toMatchObject({ reasonCode: 155 });
});

test.each([
  ['$share/group/a', 158],
  ['$aws/rules/any', 143],
  ['a/#/b', 143],
  ['a/b+/c', 143],
])('the filter %s is refused with reason %d', async (filter, reason) => {
  await start(everything);
  const client = await broker.connect({ protocolVersion: 5, properties: {} });
  const suback = new Promise<{ granted: number[] }>((resolve) =>
    client.on('packetreceive', (packet) => packet.cmd === 'suback' && resolve(packet as never)),
  );

  send(client, { cmd: 'subscribe', messageId: 77, subscriptions: [{ topic: filter, qos: 0 }] });

  expect((await suback).granted).toEqual([reason]);
});

test('a retained message is kept for the exact topic, across restarts, until an empty one deletes it', async () => {
  await start(everything);
  const publisher = await broker.connect();
  await publisher.publishAsync('config/a', 'v1', { qos: 1, retain: true });
  await broker.engine.stop();
  await broker.engine.start();
  await broker.engine.open?.();
  const client = await broker.connect({ clientId: 'd2' });
  const received = receive(client);

  await client.subscribeAsync('config/+');
  await client.subscribeAsync('config/a', { qos: 1 });
  await until(() => received.length > 0);
  const again = await broker.connect();
  await again.publishAsync('config/a', '', { qos: 1, retain: true });
  await until(() => received.length > 1);
  await client.unsubscribeAsync('config/a');
  await client.subscribeAsync('config/a');
  await again.publishAsync('config/b', 'last', { qos: 1 });
  await until(() => received.at(-1)?.text === 'last');

  expect(received).toEqual([
    { topic: 'config/a', text: 'v1', retain: true, qos: 1 },
    { topic: 'config/a', text: '', retain: false, qos: 1 },
    { topic: 'config/b', text: 'last', retain: false, qos: 0 },
  ]);
});

test('a persistent session keeps its subscriptions and what came with QoS 1 meanwhile', async () => {
  await start(everything);
  const away = await broker.connect({ clean: false });
  await away.subscribeAsync('in/1', { qos: 1 });
  await away.endAsync();
  await until(() => broker.logged('disconnected').length === 1);
  const publisher = await broker.connect({ clientId: 'd2' });
  await publisher.publishAsync('in/1', 'kept', { qos: 1 });
  await publisher.publishAsync('in/1', 'lost', { qos: 0 });
  await publisher.publishAsync('in/1', 'kept too', { qos: 1 });

  const back = broker.client({ clean: false });
  const received = receive(back);
  const [connack] = await Promise.all([
    once<{ sessionPresent: boolean }>(back, 'connect' as never),
    until(() => received.length === 2),
  ]);

  expect(connack.sessionPresent).toBe(true);
  expect(received.map(({ text }) => text)).toEqual(['kept', 'kept too']);
});

test('a clean session forgets the one before it', async () => {
  await start(everything);
  const first = await broker.connect({ clean: false });
  await first.subscribeAsync('in/1', { qos: 1 });
  await first.endAsync();

  const clean = broker.client({ clean: true });
  const received = receive(clean);
  expect(await once(clean, 'connect' as never)).toMatchObject({ sessionPresent: false });
  await clean.publishAsync('in/1', 'x', { qos: 1 });
  await clean.subscribeAsync('in/2');
  await clean.publishAsync('in/2', 'y', { qos: 1 });
  await until(() => received.length > 0);

  expect(received.map(({ topic }) => topic)).toEqual(['in/2']);
});

test('properties of MQTT 5 reach a subscriber of MQTT 5, and one of MQTT 3.1.1 gets the message without them', async () => {
  await start(everything);
  const [five, three] = [
    await broker.connect({ clientId: 'd5', protocolVersion: 5 }),
    await broker.connect({ clientId: 'd3' }),
  ];
  await Promise.all([five.subscribeAsync('t', { qos: 1 }), three.subscribeAsync('t', { qos: 1 })]);
  const packets = Promise.all(
    [five, three].map((client) => new Promise((resolve) => client.once('message', (_, __, packet) => resolve(packet)))),
  );
  const publisher = await broker.connect({ protocolVersion: 5 });

  await publisher.publishAsync('t', 'x', {
    qos: 1,
    properties: { contentType: 'text/plain', responseTopic: 'r', userProperties: { trace: '1' } },
  });

  expect(await packets).toMatchObject([
    { properties: { contentType: 'text/plain', responseTopic: 'r', userProperties: { trace: '1' } } },
    { topic: 't' },
  ]);
});

test('a client that wants no local messages does not hear itself', async () => {
  await start(everything);
  const client = await broker.connect({ protocolVersion: 5 });
  const received = receive(client);
  await client.subscribeAsync('a', { qos: 1, nl: true });
  await client.subscribeAsync('b', { qos: 1 });

  await client.publishAsync('a', '1', { qos: 1 });
  await client.publishAsync('b', '2', { qos: 1 });
  await until(() => received.length > 0);

  expect(received.map(({ topic }) => topic)).toEqual(['b']);
});

test('overlapping subscriptions deliver one copy at the best of their QoS', async () => {
  await start(everything);
  const client = await broker.connect();
  const received = receive(client);
  await client.subscribeAsync({ 'a/+': { qos: 0 }, 'a/#': { qos: 1 }, 'a/b': { qos: 0 } });

  await client.publishAsync('a/b', '1', { qos: 1 });
  await client.publishAsync('a/c', 'end', { qos: 1 });
  await until(() => received.at(-1)?.text === 'end');

  expect(received).toMatchObject([{ text: '1', qos: 1 }, { text: 'end' }]);
});
