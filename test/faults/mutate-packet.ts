import { Buffer } from 'node:buffer';
import { generate, type Packet } from 'mqtt-packet';

/** Whose packets they are. */
export interface Sender {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly publish: string;
  readonly subscribe: string;
}

export type Random = () => number;
export type Version = 4 | 5;

type Bytes = (random: Random) => Buffer;

/** Remaining lengths that cannot be true: 256 MB, one byte too long, and the beginning of one. MQTT 3.1.1 section 2.2.3 */
const LENGTHS = [
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80],
  [0xff],
  [0x00],
  [0x80, 0x00],
];
/** Bytes that are no UTF-8, or are and may not be in a topic. */
const BAD_TEXTS = [
  Buffer.from([0xc3, 0x28]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf0, 0x28, 0x8c, 0xbc]),
  Buffer.from([0xff]),
  Buffer.from('a\0b'),
  Buffer.from('+/#'),
  Buffer.from('#/a'),
  Buffer.from('$SYS/#'),
  Buffer.from('$share/g/a'),
  Buffer.from(''),
  Buffer.from('a/'.repeat(40)),
  Buffer.from('x'.repeat(300)),
];
/** MQTT 5 section 2.2.2.2, and some that do not exist. */
const PROPERTIES = [0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x11, 0x17, 0x21, 0x22, 0x23, 0x24, 0x26, 0x27, 0x2a, 0x7f];

export function connectPacket({ clientId, username, password, publish }: Sender, version: Version): Buffer {
  return generate(
    {
      ...{ cmd: 'connect', clientId, username, password: Buffer.from(password) },
      ...{ protocolId: 'MQTT', protocolVersion: version, clean: true, keepalive: 60 },
      will: { topic: publish, payload: Buffer.from('{"deviceId":"will","status":"2"}'), qos: 1, retain: false },
    },
    { protocolVersion: version },
  );
}

/** One packet of every kind there is, also of those that only a broker sends. */
function packets({ publish, subscribe }: Sender): readonly Packet[] {
  const message = { topic: publish, payload: '{"deviceId":"fuzz","status":"2"}', dup: false, retain: false } as const;
  const properties = {
    ...{ topicAlias: 2, messageExpiryInterval: 60, contentType: 'c', responseTopic: 'r' },
    ...{ correlationData: Buffer.from('x'), userProperties: { a: 'b', c: ['d', 'e'] } },
  };

  return [
    { cmd: 'publish', ...message, qos: 0 },
    { cmd: 'publish', ...message, qos: 1, messageId: 7 },
    { cmd: 'publish', ...message, qos: 1, messageId: 8, properties },
    { cmd: 'publish', ...message, qos: 2, messageId: 9 },
    { cmd: 'subscribe', messageId: 10, subscriptions: [{ topic: subscribe, qos: 1 }] },
    { cmd: 'unsubscribe', messageId: 11, unsubscriptions: [subscribe, 'other'] },
    { cmd: 'puback', messageId: 12 },
    { cmd: 'pubrec', messageId: 13 },
    { cmd: 'pubrel', messageId: 14 },
    { cmd: 'pubcomp', messageId: 15 },
    { cmd: 'pingreq' },
    { cmd: 'pingresp' },
    { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false },
    { cmd: 'suback', messageId: 16, granted: [1] },
    { cmd: 'unsuback', messageId: 17, granted: [0] },
    { cmd: 'disconnect', reasonCode: 0 },
    { cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } },
  ];
}

/**
 * A packet that something is wrong with, most of the time: bits turned, cut off, too long or too short by its own account, not UTF-8, with flags and
 * properties that it may not have, twice, or after others.
 */
export function mutatedPacket(sender: Sender, version: Version, random: Random): Buffer {
  const all = packets(sender).filter(({ cmd }) => version === 5 || cmd !== 'auth');
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const one: Bytes = () =>
    random() < 0.1 ? connectPacket(sender, version) : generate(pick(all), { protocolVersion: version });
  const packet = one(random);
  const at = (bytes: Buffer) => Math.floor(random() * bytes.length);
  const mutations: readonly (() => Buffer)[] = [
    () => changed(packet, 1 + Math.floor(random() * 4), random),
    () => packet.subarray(0, at(packet)),
    () => Buffer.concat([packet.subarray(0, 1), Buffer.from(pick(LENGTHS)), packet.subarray(2)]),
    () => withLength(packet, Math.floor(random() * 256)),
    () => withLength(packet, packet.length - 2 + (random() < 0.5 ? 1 : -1)),
    () => withFlags(packet, Math.floor(random() * 16)),
    () => withFlags(packet, 0x06),
    () => Buffer.concat([packet, packet]),
    () => Buffer.concat([packet.subarray(0, at(packet)), packet, one(random)]),
    () => topicOf(pick(BAD_TEXTS), random),
    () => withFilter(pick(BAD_TEXTS), random),
    () => withoutId(sender),
    () => withProperties(sender, random),
    () => noise(1 + Math.floor(random() * 200), random),
    () => connectPacket(sender, version),
    () => changed(connectPacket(sender, version), 1 + Math.floor(random() * 4), random),
    () => packet,
  ];

  return pick(mutations)();
}

function changed(packet: Buffer, times: number, random: Random): Buffer {
  const bytes = Buffer.from(packet);
  for (let i = 0; i < times; i += 1) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = random() < 0.5 ? (bytes[at] as number) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256);
  }

  return bytes;
}

function withLength(packet: Buffer, length: number): Buffer {
  return Buffer.concat([packet.subarray(0, 1), Buffer.from([length & 0x7f]), packet.subarray(2)]);
}

function withFlags(packet: Buffer, flags: number): Buffer {
  return Buffer.concat([Buffer.from([((packet[0] as number) & 0xf0) | flags]), packet.subarray(1)]);
}

/** A PUBLISH to this topic. */
function topicOf(topic: Buffer, random: Random): Buffer {
  const qos = Math.floor(random() * 3);

  return framed(0x30 | (qos << 1) | Math.floor(random() * 2), [text(topic), id(qos), Buffer.from('{}')]);
}

/** A SUBSCRIBE, sometimes of more filters than it may have. */
function withFilter(filter: Buffer, random: Random): Buffer {
  const filters = Array.from({ length: random() < 0.2 ? 40 : 1 }, () => [
    text(filter),
    Buffer.from([Math.floor(random() * 4)]),
  ]);

  return framed(0x82, [id(1), ...filters.flat()]);
}

/** A PUBLISH with QoS 1 that ends behind its topic. */
function withoutId({ publish }: Sender): Buffer {
  return framed(0x32, [text(Buffer.from(publish))]);
}

/** A PUBLISH of MQTT 5 whose properties are any bytes at all; to a client of 3.1.1 they are its payload. */
function withProperties({ publish }: Sender, random: Random): Buffer {
  const bytes = Buffer.concat(
    Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
      Buffer.from([
        PROPERTIES[Math.floor(random() * PROPERTIES.length)] as number,
        ...noise(Math.floor(random() * 6), random),
      ]),
    ),
  );
  const length = random() < 0.7 ? bytes.length : Math.floor(random() * 128);

  return framed(0x32, [text(Buffer.from(publish)), id(1), Buffer.from([length]), bytes, Buffer.from('{}')]);
}

function framed(first: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }

  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function id(qos: number): Buffer {
  return qos === 0 ? Buffer.alloc(0) : Buffer.from([0, 1]);
}

function noise(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}
