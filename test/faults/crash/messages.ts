import type { KinesisStreamRecord } from 'aws-lambda';
import { record } from '../../functions/fdi/records.ts';

/** A message of the source, and what has to become of it. */
export interface SentMessage {
  /** Its sequence number, from 1. */
  readonly n: number;
  readonly key: string;
  /** Not JSON, or a row that the database refuses. */
  readonly fault?: 'malformed' | 'refused';
}

/** What the check of the table `History` refuses, whose rows nothing else would find fault with. */
export const REFUSED = 'refused';

/** Of what a sensor may be called, some that collations hold for one. */
const KEYS = ['a', 'A', 'a ', 'ä', 'a\u0308', '🚗', '🚙', 'Ω', 'k'.repeat(60)];
const MORE_KEYS = 8;
const MALFORMED_SHARE = 0.03;
const REFUSED_SHARE = 0.005;

/**
 * So many messages, which the same random numbers make again.
 *
 * @param refused whether the database refuses some: of a table that keeps the last of each key, what a later one of the batch takes the place of
 * never gets there
 */
export function messages(count: number, random: () => number, refused: boolean): SentMessage[] {
  const keys = [...KEYS, ...Array.from({ length: MORE_KEYS }, (_, at) => `S-${at}`)];

  return Array.from({ length: count }, (_, at) => {
    const key = keys[Math.floor(random() * keys.length)] as string;
    const luck = random();
    if (luck < MALFORMED_SHARE) {
      return { n: at + 1, key, fault: 'malformed' as const };
    }

    const isRefused = refused && luck < MALFORMED_SHARE + REFUSED_SHARE;

    return { n: at + 1, key, ...(isRefused && { fault: 'refused' as const }) };
  });
}

/** As Lambda hands it over. */
export function recordOf({ n, key, fault }: SentMessage): KinesisStreamRecord {
  const payload =
    fault === 'malformed' ? `{"deviceId": ${n}` : { deviceId: key, status: fault === 'refused' ? REFUSED : String(n) };
  const made = record({ n, payload });

  return { ...made, kinesis: { ...made.kinesis, partitionKey: key } };
}

/** The lane of a key: the same key always goes the same way. FNV-1a, as of the local platform; Lambda's own is not known. */
export function laneOf(key: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (const unit of Buffer.from(key)) {
    hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  }

  return hash % lanes;
}
