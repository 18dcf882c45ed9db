import { hash } from 'node:crypto';

/** The whole range of hash keys: 0 to 2^128 − 1. */
export const HASH_KEY_SPACE = 1n << 128n;

export interface HashKeyRange {
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
}

/** A partition key's place: its MD5 as a number. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey)}`);
}

/** `count` ranges of equal width; the last takes the remainder. */
export function evenRanges(count: number): HashKeyRange[] {
  const width = HASH_KEY_SPACE / BigInt(count);

  return Array.from({ length: count }, (_, index) => ({
    start: BigInt(index) * width,
    end: index === count - 1 ? HASH_KEY_SPACE - 1n : BigInt(index + 1) * width - 1n,
  }));
}

/** The member of `ranges` (sorted, without gaps) that holds the key. */
export function rangeOf<T extends { readonly range: HashKeyRange }>(ranges: readonly T[], key: bigint): T | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const candidate = ranges[middle];
    if (candidate !== undefined && candidate.range.start <= key) low = middle;
    else high = middle - 1;
  }

  return ranges[low];
}
