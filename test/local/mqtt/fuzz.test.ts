import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runFuzzClient } from '../../faults/fuzz-client.ts';
import { seededRandom } from '../../faults/random.ts';
import { allow, type BrokerFixture, granted, startBroker } from './broker-fixture.ts';

const PACKETS = 500;
const CLIENTS = 4;
/** Fewer than a client may send, and be sent, in a second. */
const GOOD = 80;

let broker: BrokerFixture;

beforeAll(async () => {
  broker = await startBroker({ authorize: () => granted('d1', [allow('iot:*', '*')]) });
});

afterAll(() => broker.stop());

// Ten thousand, through the whole platform: npm run faults -- fuzz
test('packets that something is wrong with neither stop the broker nor cost a good client a message', async () => {
  const random = seededRandom(20_261_124);
  const tally = { packets: 0, connections: 0 };
  const good = await broker.connect({ clientId: 'good', protocolVersion: 5 });
  await good.subscribeAsync('p/in/good', { qos: 1 });
  // Is sent what the others publish, broken properties and all; more than a hundred a second of it are discarded.
  const listening = await broker.connect({ clientId: 'listening', protocolVersion: 5 });
  await listening.subscribeAsync('p/in/#', { qos: 1 });
  const received: string[] = [];
  good.on('message', (_, payload) => received.push(payload.toString()));
  let lost = 0;
  for (const client of [good, listening]) client.on('close', () => (lost += 1));

  const fuzzing = Promise.all(
    Array.from({ length: CLIENTS }, (_, i) =>
      runFuzzClient(
        broker.ports.mqtt,
        {
          ...{ clientId: `bad${i}`, username: `bad${i}`, password: 'secret' },
          publish: `p/in/bad${i}`,
          subscribe: 'p/in/#',
        },
        { packets: PACKETS / CLIENTS, random, tally },
      ),
    ),
  );
  for (let i = 0; i < GOOD; i += 1) {
    await good.publishAsync('p/in/good', `good ${i}`, { qos: 1 });
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await fuzzing;
  await good.publishAsync('p/out/good', 'still here', { qos: 1 });

  expect(tally.packets).toBe(PACKETS);
  expect(tally.connections).toBeGreaterThan(PACKETS / 10);
  expect(lost).toBe(0);
  expect(broker.messages.filter(({ clientId, topic }) => clientId === 'good' && topic === 'p/in/good')).toHaveLength(
    GOOD,
  );
  expect(received.filter((text) => text.startsWith('good'))).toEqual(
    Array.from({ length: GOOD }, (_, i) => `good ${i}`),
  );
}, 60_000);
