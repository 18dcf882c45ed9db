import { paddedSequence } from '../mqs/sequence-number.ts';
import type { StreamRecord } from './row.ts';

/** What is known of a batch before its records are read: enough to move the position over it. */
export interface Claim {
  /** Sequence numbers, padded to 64 digits. */
  readonly first: string;
  readonly last: string;
  readonly records: number;
  /** Size of the records' data. */
  readonly bytes: number;
}

/** @param records in the order of their sequence numbers, at least one */
export function claimOf(records: readonly StreamRecord[]): Claim {
  let bytes = 0;
  for (const { kinesis } of records) {
    bytes += decodedLength(kinesis.data);
  }

  return {
    first: paddedSequence(records[0]?.kinesis.sequenceNumber ?? ''),
    last: paddedSequence(records.at(-1)?.kinesis.sequenceNumber ?? ''),
    records: records.length,
    bytes,
  };
}

/** The records in the order of their sequence numbers. Lambda delivers them so; positions would be wrong if it ever did not. */
export function inOrder<Item extends StreamRecord>(records: readonly Item[]): readonly Item[] {
  const sorted = records.every((record, at) => at === 0 || precedes(records[at - 1] as Item, record));

  return sorted ? records : records.toSorted((a, b) => (precedes(a, b) ? -1 : 1));
}

function precedes({ kinesis: a }: StreamRecord, { kinesis: b }: StreamRecord): boolean {
  const [left, right] = [a.sequenceNumber, b.sequenceNumber];

  return left.length === right.length ? left < right : left.length < right.length;
}

function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : Number(base64.endsWith('='));

  return (base64.length / 4) * 3 - padding;
}
