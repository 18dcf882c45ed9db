/**
 * Sequence numbers in the layout real ones have (as kinesalite worked it out): 47 hexadecimal digits written in decimal,
 *
 *     2 | shard created, s (9) | shard mod 16 (1) | counter (16) | 0 (2) | arrival, s (9) | shard (8) | 2
 *
 * so they have 56 digits, grow strictly within a shard because the counter stands above the time, and a child's are
 * greater than its parents' because it was created later. The counter is the record's place in the shard, so a
 * sequence number alone finds its record.
 */
export interface SequenceParts {
  /** Seconds since the epoch. */
  readonly shardCreated: number;
  readonly shardIndex: number;
  /** 0 is the shard's start, before its first record. */
  readonly counter: number;
  /** Seconds since the epoch. */
  readonly arrived: number;
}

const TOP = 2n << 184n;

/** Makes the writer of one shard's sequence numbers; what is constant in them is computed once. */
export function sequenceNumbers(
  shardCreated: number,
  shardIndex: number,
): (counter: number, arrivedMillis: number) => string {
  const constant =
    TOP + (BigInt(shardCreated) << 148n) + (BigInt(shardIndex & 15) << 144n) + (BigInt(shardIndex) << 4n) + 2n;

  return (counter, arrivedMillis) =>
    (constant + (BigInt(counter) << 80n) + (BigInt(Math.floor(arrivedMillis / 1000)) << 36n)).toString();
}

/** Undefined for what is not a sequence number of this layout. */
export function parseSequenceNumber(text: string): SequenceParts | undefined {
  if (!/^\d{56}$/.test(text)) return undefined;
  const value = BigInt(text);
  if (value >> 184n !== 2n || (value & 15n) !== 2n) return undefined;

  return {
    shardCreated: Number((value >> 148n) & 0xfffffffffn),
    counter: Number((value >> 80n) & 0xffffffffffffffffn),
    arrived: Number((value >> 36n) & 0xfffffffffn),
    shardIndex: Number((value >> 4n) & 0xffffffffn),
  };
}
