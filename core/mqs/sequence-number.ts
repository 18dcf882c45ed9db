/**
 * Kinesis sequence numbers are whole numbers of up to 56 digits. Padded to 64 their text order is their number order,
 * so a `CHAR(64)` column can compare them.
 */
export const SEQUENCE_DIGITS = 64;

/** The number padded with zeros to 64 digits. */
export function paddedSequence(sequenceNumber: string): string {
  return sequenceNumber.padStart(SEQUENCE_DIGITS, '0');
}

/** Negative, 0 or positive as `a` comes before, is, or comes after `b`. */
export function compareSequences(a: string, b: string): number {
  const [left, right] = [paddedSequence(a), paddedSequence(b)];
  if (left === right) {
    return 0;
  }

  return left < right ? -1 : 1;
}
