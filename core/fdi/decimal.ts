/** A decimal number as text parts: `-12.50` is `{negative: true, whole: '12', fraction: '50'}`. */
export interface Decimal {
  readonly negative: boolean;
  /** Without leading zeros; `0` at least. */
  readonly whole: string;
  readonly fraction: string;
}

const NUMBER = /^([+-])?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const MAX_DIGITS = 1000;

/** Reads a number's text, exponent resolved; `undefined` when it is none, or longer than any column could hold. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = NUMBER.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (digits.length + Math.abs(shift) > MAX_DIGITS) {
    return undefined;
  }
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 0);

  return {
    negative: sign === '-',
    whole: padded.slice(0, at).replace(/^0+/, '') || '0',
    fraction: padded.slice(at),
  };
}

/** Rounds to so many digits after the point, halves away from zero, as the SQL engines do when they store a decimal. */
export function roundDecimal({ negative, whole, fraction }: Decimal, scale: number): Decimal {
  if (fraction.length <= scale) {
    return { negative, whole, fraction };
  }
  const up = fraction.charCodeAt(scale) >= 53 /* '5' */ ? 1n : 0n;
  const rounded = String(BigInt(whole + fraction.slice(0, scale)) + up).padStart(scale + 1, '0');
  const at = rounded.length - scale;

  return { negative, whole: rounded.slice(0, at), fraction: rounded.slice(at) };
}

export function decimalText({ negative, whole, fraction }: Decimal): string {
  const text = fraction === '' ? whole : `${whole}.${fraction}`;

  return negative && /[1-9]/.test(text) ? `-${text}` : text;
}
