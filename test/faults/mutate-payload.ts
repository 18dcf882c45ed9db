import { Buffer } from 'node:buffer';
import type { Random } from './mutate-packet.ts';

/** What a device may send at most. */
const LARGEST = 131_072;
const NESTED = 5000;
/** Members that are values in one language or another, and texts that are something in one. */
const VALUES = [
  ...[
    'null',
    'true',
    '0',
    '-0',
    '1e400',
    '12345678901234567890',
    '0.1e-400',
    'NaN',
    'Infinity',
    'undefined',
    '0x10',
    '[]',
    '{}',
  ],
  ...[
    '""',
    '"\\u0000"',
    '"\\ud83d"',
    '"\\ud83d\\ude00"',
    "'0'",
    '"0',
    '"\\x"',
    '01',
    '+1',
    '1.',
    '"2026-02-30"',
    '[[[0]]]',
  ],
  ...['"\' OR 1=1 --"', '"${topic(3)}"', '"{{0}}"', '"\\u202e0"', '"0\\n"'],
];
const KEYS = [
  'deviceId',
  'status',
  'DEVICEID',
  'status ',
  '',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  'data',
  'é',
];
const ODD_BYTES = [
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0x00],
  [0x20, 0x09, 0x0a],
  [0x2c],
];

/** The payload of a sensor that something is wrong with, most of the time. */
export function mutatedPayload(deviceId: string, random: Random): Buffer {
  const good = `{"deviceId":"${deviceId}","status":"${random() < 0.5 ? 0 : 1}"}`;
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const at = below(good.length);
  const member = () => `${JSON.stringify(pick(KEYS))}:${random() < 0.3 ? `"${deviceId}"` : pick(VALUES)}`;
  const mutations: readonly (() => string | Buffer)[] = [
    () => good,
    () => good.slice(0, at),
    () => good.slice(at),
    () => good.slice(0, at) + good.slice(at + 1),
    () => good.slice(0, at) + pick(VALUES) + good.slice(at),
    () => changed(Buffer.from(good), 1 + below(3), random),
    () => Buffer.concat([Buffer.from(good.slice(0, at)), Buffer.from(pick(ODD_BYTES)), Buffer.from(good.slice(at))]),
    () => Buffer.concat([Buffer.from(pick(ODD_BYTES)), Buffer.from(good)]),
    () => pick(VALUES),
    () => `{"deviceId":${pick(VALUES)},"status":"0"}`,
    () => `{"deviceId":"${deviceId}","status":${pick(VALUES)}}`,
    () => `{${Array.from({ length: below(6) }, member).join(',')}}`,
    () => `{"deviceId":"${deviceId}","status":"0",${member()}}`,
    () => good + good,
    () => `[${good}]`,
    () => `{"ParkingStatus":${good}}`,
    () => `{"ParkingStatus":${pick(VALUES)},"deviceId":"${deviceId}","status":"1"}`,
    () => `${'['.repeat(NESTED)}${']'.repeat(below(2) * NESTED)}`,
    () => `${'{"a":'.repeat(NESTED)}1${'}'.repeat(NESTED)}`,
    () => Buffer.alloc(random() < 0.05 ? LARGEST : 1000 + below(3000), pick(['0', '"', '\\', ' ', '{'])),
    () => Buffer.from(Array.from({ length: below(100) }, () => below(256))),
    () => '',
  ];
  const mutated = pick(mutations)();

  return typeof mutated === 'string' ? Buffer.from(mutated) : mutated;
}

function changed(bytes: Buffer, times: number, random: Random): Buffer {
  for (let i = 0; i < times; i += 1) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }

  return bytes;
}
