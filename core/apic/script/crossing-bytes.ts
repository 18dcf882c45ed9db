import { InvalidSetting } from '../../errors.ts';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Of what crosses the border of the sandbox: `text`, or `bytes` as the text of their numbers (Latin-1), which JSON carries.
 *
 * @throws InvalidSetting for what is neither; scripts can hand over anything
 */
export function bytesOf(place: string, crossing: unknown): Buffer {
  const { text, bytes } = fieldsOf(crossing);
  if (typeof text === 'string') {
    return Buffer.from(text, 'utf8');
  }
  if (typeof bytes === 'string') {
    return Buffer.from(bytes, 'latin1');
  }
  throw new InvalidSetting(place, kindOf(crossing), 'a text or bytes');
}

/** @throws InvalidSetting */
export function textOf(place: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw new InvalidSetting(place, kindOf(value), 'a text');
  }

  return value;
}

/** Of either alphabet, with line breaks and with or without `=`. @throws InvalidSetting without the text, which may be a secret */
export function bytesOfBase64(place: string, text: unknown): Buffer {
  const compact = textOf(place, text).replace(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/');
  if (!BASE64.test(compact) || compact.replace(/=+$/, '').length % 4 === 1) {
    throw new InvalidSetting(place, 'something else', 'base64');
  }

  return Buffer.from(compact, 'base64');
}

/** The fields of what may be anything. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
