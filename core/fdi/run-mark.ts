import { InvalidSetting } from '../errors.ts';

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d+)?)?/;
const WHOLE = /^-?\d+$/;

/**
 * So much before a value of a growing column: seconds before a date and time, whose fraction stays; of a number, that number less.
 *
 * @throws InvalidSetting for a column that is neither
 */
export function before(value: string, overlap: number, column: string): string {
  if (overlap === 0) {
    return value;
  }
  if (WHOLE.test(value)) {
    return String(BigInt(value) - BigInt(overlap));
  }
  const match = TIME.exec(value);
  if (match === null) {
    throw new InvalidSetting(
      `source.increment.column ${column}`,
      value,
      'whole numbers, or dates and times: an overlap can be taken off no other',
    );
  }
  const [, day, clock = '00:00:00', fraction = ''] = match;
  const earlier = new Date(Date.parse(`${day}T${clock}Z`) - overlap * 1000).toISOString();

  return `${earlier.slice(0, 10)} ${earlier.slice(11, 19)}${fraction}`;
}
