import { expect, test } from '@jest/globals';
import type { IConnectPacket } from 'mqtt-packet';
import { acceptConnect, type ConnectTerms } from '../../../local/mqtt/connect.ts';

const packet = (more: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  clientId: 'd1',
  protocolVersion: 5,
  clean: true,
  keepalive: 60,
  ...more,
});
const accept = (more?: Partial<IConnectPacket>) => acceptConnect(packet(more)) as ConnectTerms;

test.each([
  [0, 1200],
  [1, 30],
  [29, 30],
  [30, 30],
  [1200, 1200],
  [65_535, 1200],
])('a keep-alive of %d s becomes %d s, and a client of MQTT 5 is told of a change', (asked, given) => {
  const { keepAliveSeconds, properties } = accept({ keepalive: asked });

  expect(keepAliveSeconds).toBe(given);
  expect(properties.serverKeepAlive).toBe(asked === given ? undefined : given);
});

test.each([
  ['MQTT 3.1.1 with a clean session', { protocolVersion: 4, clean: true }, 0],
  ['MQTT 3.1.1 without', { protocolVersion: 4, clean: false }, 3600],
  ['MQTT 5 without an expiry', { clean: false }, 0],
  ['MQTT 5 with one', { properties: { sessionExpiryInterval: 60 } }, 60],
  ['MQTT 5 with one of a day', { properties: { sessionExpiryInterval: 86_400 } }, 3600],
] as const)('%s: the session ends %#', (_, more, seconds) => {
  expect(accept(more).sessionExpirySeconds).toBe(seconds);
});

test('a session that is cut short is said so', () => {
  expect(accept({ properties: { sessionExpiryInterval: 86_400 } }).properties.sessionExpiryInterval).toBe(3600);
  expect(accept({ properties: { sessionExpiryInterval: 3600 } }).properties.sessionExpiryInterval).toBeUndefined();
});

test.each([
  ['an empty client id', { clientId: '' }, 'client-identifier-not-valid'],
  ['enhanced authentication', { properties: { authenticationMethod: 'SCRAM' } }, 'bad-authentication-method'],
  ['MQTT 3.1', { protocolVersion: 3 }, 'unsupported-protocol-version'],
  ['the name of MQTT 3.1 with the version of 3.1.1', { protocolId: 'MQIsdp' }, 'unsupported-protocol-version'],
  ["the version of a mosquitto's bridge", { bridgeMode: true } as object, 'unsupported-protocol-version'],
  ['a will of QoS 2', { will: { topic: 'a', payload: 'b', qos: 2 } }, 'not-authorized'],
] as const)('%s is refused', (_, more, refused) => {
  expect(acceptConnect(packet(more))).toMatchObject({ refused });
});
