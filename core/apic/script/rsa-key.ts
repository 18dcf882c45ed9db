import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { InvalidSetting } from '../../errors.ts';
import { rsaPrimes } from './rsa-primes.ts';

export type RsaKind = 'public' | 'private';

const MIN_BITS = 512;
/** A signature with a longer one takes too long to be done for a script. */
const MAX_BITS = 8192;
const MAX_KEY_BYTES = 16 * 1024;
const PUBLIC_EXPONENTS = [65_537n, 3n, 17n, 257n];

/**
 * A key as Java encodes it: X.509 (SubjectPublicKeyInfo) or PKCS #8. PKCS #1 and PEM are understood too.
 *
 * @throws InvalidSetting without the key
 */
export function rsaKey(place: string, kind: RsaKind, encoded: Buffer): KeyObject {
  if (encoded.length > MAX_KEY_BYTES) {
    throw new InvalidSetting(place, `${encoded.length} bytes`, `at most ${MAX_KEY_BYTES} bytes`);
  }
  const key = formsOf(kind, encoded).reduce<KeyObject | undefined>((found, form) => found ?? tried(form), undefined);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa' || bits < MIN_BITS || bits > MAX_BITS) {
    const form = kind === 'public' ? 'X.509' : 'PKCS #8';
    throw new InvalidSetting(
      place,
      key === undefined ? 'something else' : `${key.asymmetricKeyType}, ${bits} bits`,
      `an RSA ${kind} key of ${MIN_BITS} to ${MAX_BITS} bits, ${form} or PEM`,
    );
  }

  return key;
}

/** Both decimal, or both hexadecimal. @throws InvalidSetting without the numbers */
export function rsaKeyOfNumbers(place: string, kind: RsaKind, modulus: string, exponent: string): KeyObject {
  const [n, other] = numbersOf(place, modulus, exponent);
  if (kind === 'public') {
    const jwk = { kty: 'RSA', n: base64url(n), e: base64url(other) };

    return rsaKey(
      place,
      kind,
      derOf(place, () => createPublicKey({ key: jwk, format: 'jwk' })),
    );
  }
  const fields = privateNumbers(n, other);
  if (fields === undefined) {
    throw new InvalidSetting(place, 'other numbers', 'modulus and private exponent of one key, its public one 65537');
  }
  const jwk = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, base64url(value)]));

  return rsaKey(
    place,
    kind,
    derOf(place, () => createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })),
  );
}

/** Java keeps a private key without its public exponent, and so without its primes; OpenSSL wants them all. */
function privateNumbers(n: bigint, d: bigint): Readonly<Record<string, bigint>> | undefined {
  for (const e of PUBLIC_EXPONENTS) {
    const primes = rsaPrimes(n, e, d);
    if (primes !== undefined) {
      return { n, e, d, ...primes };
    }
  }

  return undefined;
}

/** As Java's `getEncoded()`. */
export function encodedKey(key: KeyObject): Buffer {
  return key.type === 'public'
    ? key.export({ type: 'spki', format: 'der' })
    : key.export({ type: 'pkcs8', format: 'der' });
}

function formsOf(kind: RsaKind, encoded: Buffer): (() => KeyObject)[] {
  const der = { key: encoded, format: 'der' } as const;
  if (encoded.includes('-----BEGIN ')) {
    return [() => (kind === 'public' ? createPublicKey(encoded) : createPrivateKey(encoded))];
  }

  return kind === 'public'
    ? [() => createPublicKey({ ...der, type: 'spki' }), () => createPublicKey({ ...der, type: 'pkcs1' })]
    : [() => createPrivateKey({ ...der, type: 'pkcs8' }), () => createPrivateKey({ ...der, type: 'pkcs1' })];
}

function tried(form: () => KeyObject): KeyObject | undefined {
  try {
    return form();
  } catch {
    return undefined;
  }
}

function derOf(place: string, form: () => KeyObject): Buffer {
  const key = tried(form);
  if (key === undefined) {
    throw new InvalidSetting(place, 'other numbers', 'modulus and exponent of an RSA key');
  }

  return encodedKey(key);
}

function numbersOf(place: string, modulus: string, exponent: string): readonly [bigint, bigint] {
  const texts = [modulus.trim(), exponent.trim()];
  const hexadecimal = !/^\d+$/.test(texts[0] as string);
  if (!texts.every((text) => /^[0-9a-f]{1,5000}$/i.test(text) && (hexadecimal || /^\d+$/.test(text)))) {
    throw new InvalidSetting(place, 'something else', 'modulus and exponent, both decimal or both hexadecimal');
  }
  const [n, other] = texts.map((text) => BigInt(hexadecimal ? `0x${text}` : text)) as [bigint, bigint];
  if (n.toString(16).length * 4 > MAX_BITS + 4) {
    throw new InvalidSetting(place, 'a longer modulus', `at most ${MAX_BITS} bits`);
  }

  return [n, other];
}

function base64url(value: bigint): string {
  const hex = value.toString(16);

  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}
