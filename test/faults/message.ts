import { Buffer } from 'node:buffer';

/** What is wrong with a malformed message. */
export const MALFORMED = [
  'not JSON',
  'wrong type',
  'too long',
  'missing field',
  'wrong enum',
  'broken UTF-8',
  'NUL bytes',
  '4-byte characters',
] as const;
export type Malformed = (typeof MALFORMED)[number];

/**
 * `unique`: its id is the space it reports on, so that its row can be told from every other. `state`: reports on the one space of its
 * device, the status in turns, so that the last one can be told.
 */
export type Kind = 'unique' | 'state' | Malformed;

/** One message as it was handed to the broker, and what became of it. */
export interface Sent {
  readonly device: string;
  /** From 0 on, in the order the device sent them. */
  readonly index: number;
  readonly kind: Kind;
  /** `<tag>.<device>/<index>`; of a state message the space, `<tag>.<device>`. */
  readonly id: string;
  readonly status: '0' | '1';
  /** `unknown`: the connection was lost before its PUBACK, so it is there once or not at all. It is never sent again. */
  outcome: 'pending' | 'acknowledged' | 'unknown';
  /** Milliseconds from the publish to its PUBACK. */
  acknowledgedAfter?: number;
}

/** Every fifth message of a device. */
const STATE_EVERY = 5;

export interface NextMessage {
  readonly tag: string;
  readonly device: string;
  readonly index: number;
  /** The part of all that is malformed, 0 to 1. */
  readonly malformed: number;
  readonly random: () => number;
}

export function nextMessage({ tag, device, index, malformed, random }: NextMessage): Sent {
  const space = `${tag}.${device}`;
  const which = random();
  const status = Math.floor(index / STATE_EVERY) % 2 === 0 ? '0' : '1';
  const common = { device, index, status, outcome: 'pending' } as const;
  if (which < malformed) {
    const kind = MALFORMED[Math.floor((which / malformed) * MALFORMED.length)] as Malformed;

    return { ...common, kind, id: `${space}/${index}` };
  }
  const isState = index % STATE_EVERY === STATE_EVERY - 1;

  return isState ? { ...common, kind: 'state', id: space } : { ...common, kind: 'unique', id: `${space}/${index}` };
}

/** The bytes that go over the wire. Of a malformed message, too, they hold the id. */
export function payloadOf({ kind, id, status }: Sent): Buffer {
  switch (kind) {
    case 'unique':
    case 'state':
      return json({ deviceId: id, status });
    case 'not JSON':
      return Buffer.from(`{"deviceId":"${id}","status":`);
    case 'wrong type':
      return json({ deviceId: { id }, status });
    case 'too long':
      return json({ deviceId: `${id}${'x'.repeat(64)}`, status });
    case 'missing field':
      return json({ deviceId: id });
    case 'wrong enum':
      return json({ deviceId: id, status: '7' });
    case 'broken UTF-8':
      return Buffer.concat([json({ deviceId: id, status }).subarray(0, -1), Buffer.from([0xc3, 0x28, 0x7d])]);
    case 'NUL bytes':
      return Buffer.from(`{"deviceId":"${id}\0","status":"${status}"}`);
    case '4-byte characters':
      return json({ deviceId: id, status: '🅿️' });
  }
}

/** The id in the bytes of a quarantined message. */
export function idIn(body: Buffer, tag: string): string | undefined {
  const text = body.toString('latin1');
  const at = text.indexOf(`${tag}.`);

  return at < 0 ? undefined : /^[\w.-]+\/\d+|^[\w.-]+/.exec(text.slice(at))?.[0];
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
