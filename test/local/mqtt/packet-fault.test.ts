import { expect, test } from '@jest/globals';
import type { Packet } from 'mqtt-packet';
import { packetFault } from '../../../local/mqtt/packet-fault.ts';

const publish = { cmd: 'publish', topic: 't', payload: '', qos: 1, dup: false, retain: false, messageId: 1 } as const;
const connect = { cmd: 'connect', clientId: 'd1', keepalive: 60, clean: true } as const;

test.each<[string, object]>([
  ['a publish of QoS 1 that ends behind its topic', { ...publish, messageId: -1 }],
  ['a publish of QoS 1 with the packet identifier 0', { ...publish, messageId: 0 }],
  ['a subscription without an identifier', { cmd: 'subscribe', subscriptions: [], messageId: -1 }],
  ['an acknowledgement of nothing', { cmd: 'puback', messageId: 0 }],
  ['a property that stands there twice', { ...publish, properties: { contentType: ['a', 'b'] } }],
  ['a property that is cut off', { ...publish, properties: { responseTopic: null } }],
  ['a number that is cut off', { ...publish, properties: { messageExpiryInterval: -1 } }],
  ['a user property without its value', { ...publish, properties: { userProperties: { a: null } } }],
  ['one of several without its value', { ...publish, properties: { userProperties: { a: ['b', null] } } }],
  ['a client that takes nothing', { ...connect, properties: { receiveMaximum: 0 } }],
  ['a will with QoS 3', { ...connect, will: { topic: 't', payload: '', qos: 3 } }],
  ['a will with a broken property', { ...connect, will: { topic: 't', qos: 1, properties: { contentType: null } } }],
  ['a good-bye with a broken property', { cmd: 'disconnect', properties: { sessionExpiryInterval: [1, 2] } }],
])('%s is a fault', (_, packet) => {
  expect(packetFault(packet as Packet)).toEqual(expect.any(String));
});

test.each<[string, object]>([
  ['a publish of QoS 0, which has no identifier', { ...publish, qos: 0, messageId: undefined }],
  ['the last identifier there is', { ...publish, messageId: 65_535 }],
  ['a user property that stands there twice', { ...publish, properties: { userProperties: { a: ['b', 'c'] } } }],
  ['a connection without properties', { ...connect, will: { topic: 't', payload: '', qos: 1 } }],
  ['a ping', { cmd: 'pingreq' }],
])('%s is none', (_, packet) => {
  expect(packetFault(packet as Packet)).toBeUndefined();
});
