import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { generate } from 'mqtt-packet';
import { logIn } from '../../../local/mqtt/login.ts';
import { allow, type BrokerFixture, type BrokerOptions, granted, once, startBroker, until } from './broker-fixture.ts';

let broker: BrokerFixture;

beforeEach(() => {
  // Sockets need the real event loop; only time itself is ours.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'hrtime'] });
});

afterEach(async () => {
  jest.useRealTimers();
  await broker?.stop();
});

/** Turns of the event loop in which everything that is on its way arrives. */
async function settle() {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function start(options?: BrokerOptions) {
  broker = await startBroker(options);
}

test('policies are asked for again when their time is up, and a refusal then ends the connection', async () => {
  const answers: unknown[] = [granted(), { ...granted(), policyDocuments: [] }, { isAuthenticated: false }];
  await start({ authorize: () => answers.shift() });
  const client = await broker.connect({ keepalive: 0 });
  await client.publishAsync('p/out/d1', 'x', { qos: 1 });

  jest.advanceTimersByTime(299_000);
  expect(broker.events).toHaveLength(1);
  jest.advanceTimersByTime(1000);
  await until(() => answers.length === 1);
  const refused = once(client, 'close');
  client.publish('p/out/d1', 'x', { qos: 1 });
  await refused;

  expect(broker.messages).toHaveLength(1);
  expect(broker.logged('disconnected')).toMatchObject([{ disconnectReason: 'FORBIDDEN_ACCESS' }]);
});

test('a refresh that is refused ends the connection, and the log says why', async () => {
  const answers: unknown[] = [granted(), { isAuthenticated: false }];
  await start({ authorize: () => answers.shift() });
  const client = await broker.connect({ keepalive: 0 });
  const closed = once(client, 'close');

  jest.advanceTimersByTime(300_000);
  await closed;

  expect(broker.logged('disconnected')).toMatchObject([
    { disconnectReason: 'AUTH_ERROR', detail: 'the authorizer did not authenticate the client' },
  ]);
});

test('a connection ends when the time its log-in gave it is over', async () => {
  await start({
    authorize: () => ({ ...granted(), disconnectAfterInSeconds: 300, refreshAfterInSeconds: 86_400 }),
  });
  const client = await broker.connect({ protocolVersion: 5, keepalive: 0 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  jest.advanceTimersByTime(300_000);

  expect(await told).toMatchObject({ reasonCode: 160 });
  expect(broker.logged('disconnected')).toMatchObject([{ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' }]);
});

test('a client that is silent for one and a half times its keep-alive is cut off', async () => {
  await start({ authorize: () => ({ ...granted(), refreshAfterInSeconds: 86_400 }) });
  const client = await broker.connect({ keepalive: 0 });
  const closed = once(client, 'close');

  jest.advanceTimersByTime(1000 * 1000);
  await client.publishAsync('p/out/d1', 'alive', { qos: 1 });
  jest.advanceTimersByTime(1799 * 1000);
  expect(broker.logged('disconnected')).toEqual([]);
  jest.advanceTimersByTime(2 * 1000);
  await closed;

  expect(broker.logged('disconnected')).toMatchObject([{ disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT' }]);
});

test('more than a hundred publishes in a second are discarded, not acknowledged, and counted', async () => {
  await start();
  const client = await broker.connect();
  let acknowledged = 0;

  for (let i = 0; i < 150; i += 1) client.publish('p/out/d1', String(i), { qos: 1 }, () => (acknowledged += 1));
  await until(() => acknowledged === 100);
  jest.advanceTimersByTime(1000);
  await client.publishAsync('p/out/d1', 'next second', { qos: 1 });
  await client.endAsync(true);
  await until(() => broker.logged('disconnected').length === 1);

  expect(broker.messages).toHaveLength(101);
  expect(broker.logged('publish throttled')).toMatchObject([{ clientId: 'd1', topic: 'p/out/d1' }]);
  expect(broker.logged('disconnected')).toMatchObject([{ discardedPublishes: 50 }]);
  expect(broker.counts).toMatchObject({ 'PublishIn.Success': 101, 'PublishIn.Throttle': 50 });
});

test('a device that floods costs the others nothing: what they send meanwhile is acknowledged', async () => {
  await start({ authorize: () => granted('d1', [allow('iot:*', '*')]) });
  const flooding = await broker.connect();
  const others = await Promise.all(['d2', 'd3', 'd4'].map((clientId) => broker.connect({ clientId })));

  for (let i = 0; i < 1000; i += 1) flooding.publish('p/out/d1', String(i), { qos: 1 });
  for (const [i, other] of others.entries()) await other.publishAsync(`p/out/d${i + 2}`, 'fine', { qos: 1 });
  await until(() => broker.counts['PublishIn.Throttle'] === 900);

  expect(broker.messages.filter(({ clientId }) => clientId === 'd1')).toHaveLength(100);
  expect(broker.messages.filter(({ clientId }) => clientId !== 'd1')).toHaveLength(3);
  expect(broker.logged('publish throttled')).toHaveLength(1);
});

test('a client is sent a hundred messages a second at most, also one that is away; what is more is discarded and counted', async () => {
  await start({ authorize: () => granted('d1', [allow('iot:*', '*')]) });
  const away = await broker.connect({ clean: false });
  await away.subscribeAsync('p/in/d1', { qos: 1 });
  await away.endAsync();
  const publishers = await Promise.all(['d2', 'd3'].map((clientId) => broker.connect({ clientId })));

  for (const publisher of publishers) {
    for (let i = 0; i < 75; i += 1) await publisher.publishAsync('p/in/d1', String(i), { qos: 1 });
  }
  jest.advanceTimersByTime(1000);
  await publishers[0]?.publishAsync('p/in/d1', 'next second', { qos: 1 });
  let received = 0;
  const back = broker.client({ clean: false });
  back.on('message', () => (received += 1));
  await until(() => received === 101);

  expect(broker.counts['PublishOut.Throttle']).toBe(50);
  expect(broker.logged('message not delivered')).toMatchObject([{ clientId: 'd1', topic: 'p/in/d1' }]);
});

test('what a client sends beyond 512 KB a second is read later, and none of it is lost', async () => {
  await start();
  const client = await broker.connect();
  const hundredKilobytes = Buffer.alloc(100 * 1024);

  for (let i = 0; i < 6; i += 1) client.publish('p/out/d1', hundredKilobytes, { qos: 1 });
  await until(() => broker.messages.length >= 5);
  await settle();
  expect(broker.messages).toHaveLength(5);

  jest.advanceTimersByTime(1000);
  await until(() => broker.messages.length === 6);
});

test('what a client receives beyond 512 KB a second comes later, and none of it is lost', async () => {
  const both = [allow('iot:Connect', 'client/*'), allow('iot:Publish', 'topic/p/in/d1')];
  await start({ authorize: () => granted('d1', both) });
  const subscriber = await broker.connect();
  await subscriber.subscribeAsync('p/in/d1', { qos: 1 });
  let received = 0;
  subscriber.on('message', () => (received += 1));

  for (const clientId of ['d2', 'd3']) {
    const publisher = await broker.connect({ clientId });
    for (let i = 0; i < 3; i += 1) await publisher.publishAsync('p/in/d1', Buffer.alloc(100 * 1024), { qos: 1 });
  }
  await until(() => received >= 5);
  await settle();
  expect(received).toBe(5);

  jest.advanceTimersByTime(1000);
  await until(() => received === 6);
});

test('a persistent session ends an hour after its client left', async () => {
  await start();
  const away = await broker.connect({ clean: false, keepalive: 0 });
  await away.subscribeAsync('p/in/d1');
  await away.endAsync();
  await until(() => broker.logged('disconnected').length === 1);

  jest.advanceTimersByTime(3600 * 1000);
  const back = broker.client({ clean: false, keepalive: 0 });

  expect(await once(back, 'connect' as never)).toMatchObject({ sessionPresent: false });
});

test('a socket without a CONNECT is closed after ten seconds', async () => {
  await start();
  const socket = connectSocket(broker.ports.mqtt, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const ticking = setImmediate(function tick() {
    jest.advanceTimersByTime(1000);
    if (!socket.closed) setImmediate(tick);
  });

  await closed;
  clearImmediate(ticking);
});

test('a CONNECT that came in time and was not read yet, because the broker was busy, is in time', async () => {
  await start();
  const socket = connectSocket(broker.ports.mqtt, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  await settle();
  const answered = new Promise<Buffer>((resolve) => socket.once('data', resolve));

  const version = { protocolId: 'MQTT', protocolVersion: 4 } as const;
  socket.write(generate({ cmd: 'connect', clientId: 'd1', ...version, clean: true, keepalive: 60 }));
  jest.advanceTimersByTime(10_000);

  expect([...(await answered)]).toEqual([0x20, 2, 0, 0]);
  socket.destroy();
});

test('an authorizer has five seconds', async () => {
  const result = logIn(
    { connectionId: 'c', clientId: 'd1', username: 'd1', password: undefined, tls: undefined, isGone: () => false },
    {
      iot: { authorizerFor: () => ({ functionArn: 'f', authorizerArn: 'a' }), certificateStatus: () => undefined },
      lambda: { invoke: () => new Promise(() => {}) },
    },
  );

  jest.advanceTimersByTime(5000);

  expect(await result).toEqual({ refused: 'the authorizer did not answer within 5000 ms' });
});

test('without an active authorizer nobody logs in', async () => {
  const result = await logIn(
    { connectionId: 'c', clientId: 'd1', username: 'd1', password: undefined, tls: undefined, isGone: () => false },
    {
      iot: { authorizerFor: () => undefined, certificateStatus: () => undefined },
      lambda: { invoke: () => Promise.reject(new RangeError('not asked')) },
    },
  );

  expect(result).toEqual({ refused: 'no active authorizer serves this connection' });
});
