import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { Broker } from '../../../local/mqtt/broker.ts';
import { Connection } from '../../../local/mqtt/connection.ts';
import { allow, type BrokerFixture, granted, startBroker } from './broker-fixture.ts';

let broker: BrokerFixture;

beforeAll(async () => {
  broker = await startBroker({ authorize: () => granted('d1', [allow('iot:*', '*')]) });
});

afterAll(() => broker.stop());

const packets: readonly Packet[] = [
  {
    cmd: 'publish',
    topic: 'p/out/d1',
    payload: 'hello',
    qos: 1,
    dup: false,
    retain: true,
    messageId: 3,
    properties: { topicAlias: 2, userProperties: { a: 'b' }, correlationData: Buffer.from('x'), contentType: 'c' },
  },
  { cmd: 'subscribe', messageId: 4, subscriptions: [{ topic: 'a/#', qos: 1, nl: true, rh: 1 }] },
  { cmd: 'unsubscribe', messageId: 5, unsubscriptions: ['a/#'] },
  { cmd: 'pingreq' },
  { cmd: 'puback', messageId: 9 },
  { cmd: 'pubrel', messageId: 1 },
  { cmd: 'disconnect', reasonCode: 4, properties: { sessionExpiryInterval: 5 } },
];

/** A conversation in which some bytes are not what they should be. */
const damaged = fc
  .record({
    protocolVersion: fc.constantFrom(4 as const, 5 as const),
    clean: fc.boolean(),
    following: fc.array(fc.constantFrom(...packets), { maxLength: 4 }),
    damage: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
    length: fc.option(fc.nat(200)),
  })
  .map(({ protocolVersion, clean, following, damage, length }) => {
    const connecting: Packet = {
      cmd: 'connect',
      clientId: 'd1',
      protocolId: 'MQTT',
      protocolVersion,
      clean,
      keepalive: 60,
      username: 'd1',
      password: Buffer.from('secret'),
      will: { topic: 'p/out/d1', payload: 'gone', qos: 1, retain: false },
    };
    const bytes = Buffer.concat([connecting, ...following].map((packet) => generate(packet, { protocolVersion })));
    for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte;
    return bytes.subarray(0, length ?? bytes.length);
  });

test('no bytes of a client bring the broker down', async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      const socket = connect(broker.ports.mqtt, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.end(bytes);
      await closed;
    }),
    { numRuns: 150 },
  );

  const client = await broker.connect();
  await expect(client.publishAsync('p/out/d1', 'still here', { qos: 1 })).resolves.toBeDefined();
});

test('a client that reads no answers is not read from, until it reads them', async () => {
  const unread: (() => void)[] = [];
  const socket = Object.assign(
    new Duplex({ read() {}, write: (_chunk, _encoding, done) => void unread.push(done), writev: undefined }),
    { setNoDelay() {}, remotePort: 1, destroySoon() {} },
  );
  const connected = Promise.withResolvers<void>();
  const quiet = { info: () => connected.resolve(), warn() {}, error() {}, line() {} };
  const allowed = { principalId: 'd1', allows: () => true, disconnectAfterSeconds: 300, refreshAfterSeconds: 300 };
  const ports = {
    logIn: async () => ({ login: allowed }),
    log: quiet,
    count() {},
    rules: {},
    retained: {},
    journal: {},
  };
  const alone = new Broker({ ...ports, journal: { find() {}, note() {}, told() {} } } as never);
  const connection = new Connection(socket as never, undefined, alone);
  const pings = Buffer.concat(Array.from({ length: 20_000 }, () => generate({ cmd: 'pingreq' })));

  socket.push(generate({ cmd: 'connect', clientId: 'd1', protocolVersion: 4, clean: true, keepalive: 60 } as Packet));
  await connected.promise;
  await new Promise((resolve) => setImmediate(resolve));
  socket.push(pings);
  await new Promise((resolve) => setImmediate(resolve));
  const after40Kilobytes = socket.isPaused();
  socket.push(pings);
  await new Promise((resolve) => setImmediate(resolve));
  const after80Kilobytes = socket.isPaused();
  while (unread.length > 0) {
    unread.shift()?.();
    if (unread.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  expect([after40Kilobytes, after80Kilobytes, socket.isPaused()]).toEqual([false, true, false]);
  connection.end('CONNECTION_LOST');
});
