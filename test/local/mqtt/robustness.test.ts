import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
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
