import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import {
  AUTHORIZER_ARN,
  allow,
  type BrokerFixture,
  type BrokerOptions,
  granted,
  once,
  startBroker,
} from './broker-fixture.ts';

let broker: BrokerFixture;

afterEach(() => broker.stop());

async function start(options?: BrokerOptions) {
  broker = await startBroker(options);
}

test('a client of MQTT 3.1.1 logs in on the plain port, and the authorizer gets the event of AWS', async () => {
  await start();

  await broker.connect({ protocolVersion: 4 });

  expect(broker.events).toEqual([
    {
      target: 'arn:aws:lambda:us-east-1:000000000000:function:authorize-device',
      caller: { service: 'iot.amazonaws.com', sourceArn: AUTHORIZER_ARN },
      payload: {
        signatureVerified: false,
        protocols: ['mqtt'],
        protocolData: {
          mqtt: { username: 'd1', password: Buffer.from('secret').toString('base64'), clientId: 'd1' },
        },
        connectionMetadata: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    },
  ]);
  expect(broker.logged('connected')).toMatchObject([
    { clientId: 'd1', principalId: 'device1', protocol: 'mqtt', version: '3.1.1' },
  ]);
});

test('a client of MQTT 5 logs in with TLS and the printed authority, and its SNI reaches the authorizer', async () => {
  await start();

  await broker.connect({ tls: true, protocolVersion: 5, ALPNProtocols: ['mqtt'] });

  expect(broker.events).toMatchObject([
    { payload: { protocols: ['tls', 'mqtt'], protocolData: { tls: { serverName: 'localhost' } } } },
  ]);
  expect(broker.logged('connected')).toMatchObject([{ protocol: 'mqtts', version: '5' }]);
});

test('the authority stays the same between starts, and its certificate names 127.0.0.1', async () => {
  await start();
  const ca = readFileSync(broker.engine.ca, 'utf8');
  await broker.engine.start();

  const socket = connectTls({ host: '127.0.0.1', port: broker.ports.mqtts, ca: readFileSync(broker.engine.ca) });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));

  expect(readFileSync(broker.engine.ca, 'utf8')).toBe(ca);
  expect(socket.alpnProtocol).toBe(false);
  socket.destroy();
});

test('a TLS client that wants another protocol than mqtt is refused', async () => {
  await start();

  await expect(broker.connect({ tls: true, ALPNProtocols: ['x-amzn-mqtt-ca'] })).rejects.toThrow(
    /no application protocol/,
  );
});

test.each([
  ['an answer that does not authenticate', { isAuthenticated: false }, 'did not authenticate the client'],
  [
    'an answer that says whom it refuses',
    { isAuthenticated: false, principalId: 'refusedWrongPassword' },
    'did not authenticate the client (refusedWrongPassword)',
  ],
  ['a function that throws', new Error('boom'), 'the authorizer failed'],
  ['an answer that is no object', 'yes', 'answered no object'],
  ['a principal id with a hyphen', { ...granted(), principalId: 'device-1' }, 'principalId must match'],
  ['eleven policy documents', { ...granted(), policyDocuments: Array(11).fill('{}') }, 'at most 10'],
  [
    'a policy document of more than 2,048 characters',
    { ...granted(), policyDocuments: [JSON.stringify({ Statement: [], Sid: 'x'.repeat(2048) })] },
    'at most 2048 characters',
  ],
  ['a policy document that is no JSON', { ...granted(), policyDocuments: ['{'] }, 'cannot be read'],
  ['a refresh of less than 300 s', { ...granted(), refreshAfterInSeconds: 299 }, 'refreshAfterInSeconds'],
  ['a connection of more than a day', { ...granted(), disconnectAfterInSeconds: 86_401 }, 'disconnectAfterInSeconds'],
  ['a policy for another client id', granted('d2'), 'does not allow iot:Connect'],
  ['a policy without statements', { ...granted(), policyDocuments: [] }, 'does not allow iot:Connect'],
])('%s is refused as not authorized, and the log says why', async (_, answer, reason) => {
  await start({ authorize: () => answer });

  await expect(broker.connect({ protocolVersion: 4 })).rejects.toMatchObject({ code: 5 });
  await expect(broker.connect({ protocolVersion: 5 })).rejects.toMatchObject({ code: 135 });

  expect(broker.logged('refused')).toHaveLength(2);
  expect(broker.logged('refused')[0]).toMatchObject({ clientId: 'd1', username: 'd1' });
  expect(broker.logged('refused')[0]?.['reason']).toContain(reason);
  expect(JSON.stringify(broker.lines)).not.toContain('secret');
});

test('MQTT 3.1 is refused as an unacceptable protocol version', async () => {
  await start();

  await expect(broker.connect({ protocolId: 'MQIsdp', protocolVersion: 3 })).rejects.toMatchObject({ code: 1 });

  expect(broker.events).toEqual([]);
});

test('a client id of 128 bytes may be used, and one of 129 may not', async () => {
  const longest = 'c'.repeat(128);
  await start({ authorize: () => granted(longest) });

  await broker.connect({ clientId: longest });

  await expect(broker.connect({ clientId: `${longest}c` })).rejects.toMatchObject({ code: 2 });
});

test('a second connection of a client id ends the first', async () => {
  await start();
  const first = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(first, 'disconnect');

  const second = await broker.connect();

  expect(await told).toMatchObject({ reasonCode: 142 });
  expect(broker.logged('disconnected')).toMatchObject([{ disconnectReason: 'DUPLICATE_CLIENTID' }]);
  expect(second.connected).toBe(true);
});

test('the broker ends a connection it is asked to end', async () => {
  await start();
  const client = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  expect(await broker.engine.disconnect('d1')).toBe(true);
  expect(await broker.engine.disconnect('d9')).toBe(false);

  expect(await told).toMatchObject({ reasonCode: 152 });
});

test('a socket that does not speak MQTT is cut off', async () => {
  await start();
  const socket = connectSocket(broker.ports.mqtt, '127.0.0.1');

  socket.write('GET / HTTP/1.1\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));

  expect(broker.logged('refused')).toHaveLength(1);
});

test('stopping cuts every client off and frees the ports', async () => {
  await start();
  const client = await broker.connect({ protocolVersion: 5 });
  const told = once<{ reasonCode: number }>(client, 'disconnect');

  await broker.engine.stop();

  expect(await told).toMatchObject({ reasonCode: 139 });
  await expect(broker.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a policy may come as an object, and covers what its wildcards cover', async () => {
  await start({
    authorize: () => ({
      ...granted(),
      policyDocuments: [{ Version: '2012-10-17', Statement: [allow('iot:*', '*')] }],
    }),
  });

  const client = await broker.connect();

  await expect(client.publishAsync('anything/at/all', 'x', { qos: 1 })).resolves.toBeDefined();
});
