import { InvalidSetting } from '../../../core/errors.ts';

const LINE = 64;

/**
 * A certificate or a key as TLS takes it.
 *
 * @param text PEM, or base64 of PEM or DER
 * @throws InvalidSetting without the text, which may be a secret
 */
export function pem(text: string, label: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  if (text.includes('-----BEGIN ')) {
    return text;
  }
  const compact = text.replace(/\s/g, '');
  if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new InvalidSetting(`HttpConfig: ${label.toLowerCase()}`, 'something else', 'PEM, or base64 of PEM or DER');
  }
  const inner = Buffer.from(compact, 'base64').toString('latin1');
  if (inner.includes('-----BEGIN ')) {
    return inner;
  }
  const lines = compact.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];

  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
