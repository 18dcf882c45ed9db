import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { allow, type BrokerFixture, granted, startBroker } from '../local/mqtt/broker-fixture.ts';
import { Cable } from './paho/cable.ts';
import { PahoClient, pythonWithPaho } from './paho/paho-client.ts';

const python = pythonWithPaho();
const topic = 'p/in/d1';

let broker: BrokerFixture;
let cable: Cable;
const clients: PahoClient[] = [];

// The broker alone, with an authorizer that lets another client publish what Paho is to receive.
beforeEach(async () => {
  broker = await startBroker({ authorize: () => granted('d1', [allow('iot:*', '*')]) });
  cable = await Cable.to(broker.ports.mqtt);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.kill();
  cable.close();
  await broker.stop();
});

describe.each(['3.1.1', '5'] as const)('the session of Paho over MQTT %s', (version) => {
  async function connected(clean: boolean): Promise<{ paho: PahoClient; present: boolean | undefined }> {
    const paho = new PahoClient(python);
    clients.push(paho);
    const session = { clean, expiry: clean ? 0 : 3600 };
    paho.connect({ host: '127.0.0.1', port: cable.port, clientId: 'd1', version, ...session });
    const { present } = await paho.until(({ event }) => event === 'connected');

    return { paho, present };
  }

  test('keeps what comes with QoS 1 while Paho is away, in order; a clean one keeps nothing', async () => {
    const { paho: first } = await connected(false);
    first.subscribe(topic);
    await first.until(({ event }) => event === 'subscribed');
    await first.leave();
    const publisher = await broker.connect({ clientId: 'd2' });
    for (let i = 0; i < 80; i += 1) await publisher.publishAsync(topic, String(i), { qos: i % 2 === 0 ? 1 : 0 });

    const { paho: second, present } = await connected(false);
    await second.until(({ event }) => event === 'message', 40);
    await second.leave();
    const { paho: clean, present: afterwards } = await connected(true);
    await clean.leave();
    const { present: finallyPresent } = await connected(false);

    expect(present).toBe(true);
    expect(second.of('message').map(({ payload: text }) => Number(text))).toEqual(evenNumbers(40));
    expect(second.of('message').some(({ dup }) => dup)).toBe(false);
    expect(afterwards).toBe(false);
    expect(finallyPresent).toBe(false);
  });

  test('sends again, and says so, what Paho got and could not acknowledge', async () => {
    const { paho } = await connected(false);
    paho.subscribe(topic);
    await paho.until(({ event }) => event === 'subscribed');
    const publisher = await broker.connect({ clientId: 'd2' });
    cable.silenced.add('client');
    for (let i = 0; i < 5; i += 1) await publisher.publishAsync(topic, String(i), { qos: 1 });
    await paho.until(({ event }) => event === 'message', 5);
    cable.cut();
    await publisher.publishAsync(topic, '5', { qos: 1 });
    cable.mend();
    await paho.until(({ event }) => event === 'message', 11);

    const again = paho.of('message').slice(5);
    expect(again.map(({ payload: text }) => Number(text))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(again.map(({ dup }) => dup)).toEqual([true, true, true, true, true, false]);
  });
});

function evenNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 2 * i);
}
