import { constants, type KeyObject, privateDecrypt, publicEncrypt, sign, verify } from 'node:crypto';
import { InvalidSetting } from '../../errors.ts';
import { bytesOf, bytesOfBase64, fieldsOf, textOf } from './crossing-bytes.ts';
import { encodedKey, type RsaKind, rsaKey, rsaKeyOfNumbers } from './rsa-key.ts';

/** What PKCS #1 v1.5 adds to a text. */
const PADDING_BYTES = 11;
const padding = constants.RSA_PKCS1_PADDING;

/** `RSAUtils.getPublicKey` and `getPrivateKey`. @returns the key as Java encodes it, base64 */
export function rsaReadKey(call: unknown): string {
  const { kind: named, key, modulus, exponent } = fieldsOf(call);
  const kind: RsaKind = named === 'private' ? 'private' : 'public';
  const place = kind === 'public' ? 'RSAUtils.getPublicKey' : 'RSAUtils.getPrivateKey';
  if (modulus !== undefined && modulus !== null) {
    return encodedKey(rsaKeyOfNumbers(place, kind, textOf(place, modulus), textOf(place, exponent))).toString('base64');
  }
  const { text } = fieldsOf(key);
  const encoded =
    typeof text === 'string' && !text.includes('-----BEGIN ') ? bytesOfBase64(place, text) : bytesOf(place, key);

  return encodedKey(rsaKey(place, kind, encoded)).toString('base64');
}

/** RSA with PKCS #1 v1.5, as Java's `RSA`. @returns base64 */
export function rsaEncrypt(call: unknown): string {
  const place = 'RSAUtils.encrypt';
  const key = keyOf(place, 'public', call);
  const plain = bytesOf(`${place}: source`, fieldsOf(call)['content']);
  const most = sizeOf(key) - PADDING_BYTES;
  if (plain.length > most) {
    throw new InvalidSetting(`${place}: source`, `${plain.length} bytes`, `at most ${most} bytes with this key`);
  }

  return publicEncrypt({ key, padding }, plain).toString('base64');
}

/**
 * What another key encrypted decrypts to other bytes and not to an error: from the difference callers could learn the text (Bleichenbacher).
 *
 * @param call its content is bytes, or base64
 * @returns base64
 */
export function rsaDecrypt(call: unknown): string {
  const place = 'RSAUtils.decrypt';
  const key = keyOf(place, 'private', call);
  const secret = secretOf(`${place}: source`, fieldsOf(call)['content']);
  if (secret.length !== sizeOf(key)) {
    throw new InvalidSetting(`${place}: source`, `${secret.length} bytes`, `${sizeOf(key)} bytes with this key`);
  }
  try {
    return privateDecrypt({ key, padding }, secret).toString('base64');
  } catch {
    throw new InvalidSetting(
      `${place}: source`,
      'something else',
      'what was encrypted with the public key of this one',
    );
  }
}

/** SHA256withRSA. @returns base64 */
export function rsaSign(call: unknown): string {
  const place = 'RSAUtils.sign';

  return sign('sha256', bytesOf(`${place}: source`, fieldsOf(call)['content']), keyOf(place, 'private', call)).toString(
    'base64',
  );
}

/** SHA256withRSA; false for every signature that is not it. */
export function rsaVerify(call: unknown): boolean {
  const place = 'RSAUtils.verify';
  const { content, signature } = fieldsOf(call);
  const given = secretOf(`${place}: signature`, signature);

  return verify('sha256', bytesOf(`${place}: source`, content), keyOf(place, 'public', call), given);
}

function secretOf(place: string, crossing: unknown): Buffer {
  const { text } = fieldsOf(crossing);

  return typeof text === 'string' ? bytesOfBase64(place, text) : bytesOf(place, crossing);
}

function keyOf(place: string, kind: RsaKind, call: unknown): KeyObject {
  return rsaKey(`${place}: key`, kind, bytesOfBase64(`${place}: key`, fieldsOf(call)['key']));
}

function sizeOf(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}
