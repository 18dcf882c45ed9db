/** A value scripts bind to a `?`. */
export type SourceValue = string | number | boolean | null;

/** Most significant digits that a JavaScript number keeps, whatever they are. */
const SURE_DIGITS = 15;

/** The number a database wrote, as one of JSON; as text where JavaScript would lose digits of it. */
export function exactNumber(text: string): number | string {
  const number = Number(text);
  if (/^[-+]?\d+$/.test(text)) {
    return Number.isSafeInteger(number) ? number : text;
  }

  return significant(text) <= SURE_DIGITS ? number : text;
}

/** MySQL sends a FLOAT as four bytes, and 1.1 would become 1.100000023841858: the shortest digits that mean the same. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === Math.fround(value)) {
      return shorter;
    }
  }

  return value;
}

/** A time of day or a date and time with as many digits behind its seconds as its column has. */
export function withFraction(text: string, digits: number): string {
  const [whole = '', fraction = ''] = text.split('.');

  return digits === 0 ? whole : `${whole}.${fraction.slice(0, digits).padEnd(digits, '0')}`;
}

function significant(text: string): number {
  return text
    .replace(/^[-+]?[0.]*/, '')
    .replace('.', '')
    .replace(/0+$/, '').length;
}
