import { createHash } from 'node:crypto';
import { paddedSequence } from '../mqs/sequence-number.ts';
import type { StreamRecord } from './row.ts';

/** What a batch does to the positions of its partition keys. */
export interface KeyClaim {
  /** The keys, as `keyName` writes them, in their order: locks are taken in it. */
  readonly keys: readonly string[];
  /** The digits that all of the batch's sequence numbers begin with. */
  readonly base: string;
  /** A JSON array of `[key, first, last]` in the order of the keys: the key's sequence numbers without `base`; no `last` where there is one only. */
  readonly moves: string;
}

/** When a batch's records arrived, as far as the ledger asks. */
export interface ArrivalCounts {
  /** Of the newest, in minutes since 1970. */
  readonly minute: number;
  readonly inMinute: number;
  readonly inMinuteBefore: number;
}

/** So many names are remembered; a key is 256 characters at most. */
const MAX_NAMES = 20_000;
const NAME_BYTES = 16;
const names = new Map<string, string>();

/**
 * What a partition key is called in the database: 22 characters of ASCII. Keys are any text, of which collations hold some for one (case, spaces
 * at the end); two that share 16 bytes of SHA-256 nobody will see.
 */
export function keyName(partitionKey: string): string {
  const known = names.get(partitionKey);
  if (known !== undefined) {
    return known;
  }
  if (names.size >= MAX_NAMES) {
    names.clear();
  }
  const name = createHash('sha256').update(partitionKey).digest().subarray(0, NAME_BYTES).toString('base64url');
  names.set(partitionKey, name);

  return name;
}

/** @param records in the order of their sequence numbers, at least one */
export function keyClaimOf(records: readonly StreamRecord[]): KeyClaim {
  const base = commonStart(sequenceOf(records[0]), sequenceOf(records.at(-1)));
  const moves = new Map<string, [key: string, first: string, last?: string]>();
  for (const record of records) {
    const key = keyName(record.kinesis.partitionKey);
    const number = sequenceOf(record).slice(base.length);
    const move = moves.get(key);
    if (move === undefined) {
      moves.set(key, [key, number]);
    } else {
      move[2] = number;
    }
  }
  const ordered = [...moves.values()].sort(([a], [b]) => (a < b ? -1 : 1));

  return { keys: ordered.map(([key]) => key), base, moves: JSON.stringify(ordered) };
}

/** @param records of which one without an arrival time counts for a minute long ago */
export function arrivalsOf(records: readonly StreamRecord[]): ArrivalCounts {
  const minutes = records.map(({ kinesis }) => Math.floor((kinesis.approximateArrivalTimestamp ?? 0) / 60));
  const minute = minutes.reduce((newest, one) => Math.max(newest, one), 0);
  const arrivedIn = (wanted: number) => minutes.reduce((count, one) => count + Number(one === wanted), 0);

  return { minute, inMinute: arrivedIn(minute), inMinuteBefore: arrivedIn(minute - 1) };
}

function sequenceOf(record: StreamRecord | undefined): string {
  return paddedSequence(record?.kinesis.sequenceNumber ?? '');
}

/** Of two texts of one length: all but the last character at most. */
function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length - 1 && a[length] === b[length]) {
    length += 1;
  }

  return a.slice(0, length);
}
