import { randomBytes } from 'node:crypto';
import type { Column } from './column.ts';

/** A batch number fits every column it may be written to: text of more than 14 characters. */
const DIGITS = 15;
const TOO_SHORT = 14;

/** A random text of 15 hexadecimal digits, the same for all rows of one batch. */
export function batchNumber(): string {
  return randomBytes(8).toString('hex').slice(0, DIGITS);
}

export function holdsBatchNumber({ kind, length }: Column): boolean {
  return kind === 'text' && length > TOO_SHORT;
}

export const BATCH_NUMBER_COLUMN = `a text column of more than ${TOO_SHORT} characters that nothing else fills`;
