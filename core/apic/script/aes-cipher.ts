import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { InvalidSetting } from '../../errors.ts';
import { bytesOfBase64, fieldsOf, textOf } from './crossing-bytes.ts';

const MODES = ['ECB', 'CBC', 'CFB', 'OFB', 'CTR', 'GCM'] as const;
const PADDINGS = ['NOPADDING', 'PKCS5PADDING'] as const;
const KEY_BITS = [128, 192, 256] as const;
const BLOCK = 16;
/** In bytes: what GCM is recommended with (NIST SP 800-38D, 8.2). */
const NONCE = 12;
const TAG = 16;
/** OpenSSL takes no longer one. */
const MAX_GCM_VECTOR = 128;
/** These work on whole blocks, or fill up to one where a padding is asked for, as Java does. */
const PADDED: readonly string[] = ['ECB', 'CBC', 'CFB', 'OFB'];

interface AesSettings {
  readonly place: string;
  readonly key: Buffer;
  readonly vector: Buffer;
  readonly mode: (typeof MODES)[number];
  readonly padding: boolean;
}

/**
 * `AesUtils.encrypt`. With a mode: what Java's `AES/<mode>/<padding>` gives, the tag of GCM behind it. The reference does not publish what it
 * does without one: here GCM, with 12 random bytes in front.
 *
 * @returns base64
 * @throws InvalidSetting without any text or key
 */
export function aesEncrypt(call: unknown): string {
  const place = 'AesUtils.encrypt';
  const plain = Buffer.from(textOf(`${place}: plainText`, fieldsOf(call)['text']), 'utf8');
  if (!isWithMode(call)) {
    const vector = randomBytes(NONCE);

    return Buffer.concat([vector, encrypted(ownSettings(place, call, vector), plain)]).toString('base64');
  }

  return encrypted(settingsOf(place, call), plain).toString('base64');
}

/** `AesUtils.decrypt`, of what `aesEncrypt` or Java gave. @throws InvalidSetting without any text or key */
export function aesDecrypt(call: unknown): string {
  const place = 'AesUtils.decrypt';
  const secret = bytesOfBase64(`${place}: encryptText`, fieldsOf(call)['text']);
  const settings = isWithMode(call) ? settingsOf(place, call) : ownSettings(place, call, secret.subarray(0, NONCE));
  const plain = decrypted(settings, isWithMode(call) ? secret : secret.subarray(NONCE));
  if (plain === undefined) {
    // One text for all that can be wrong: where it is wrong would help to guess the plain one.
    throw new InvalidSetting(
      `${place}: encryptText`,
      'something else',
      'what was encrypted with this key, vector, mode and padding',
    );
  }

  return plain.toString('utf8');
}

function encrypted({ place, key, vector, mode, padding }: AesSettings, plain: Buffer): Buffer {
  const filled = padding ? padded(plain) : plain;
  if ((mode === 'ECB' || mode === 'CBC') && filled.length % BLOCK !== 0) {
    throw new InvalidSetting(`${place}: plainText`, `${plain.length} bytes`, 'a multiple of 16 bytes with NOPADDING');
  }
  if (mode === 'GCM') {
    const cipher = createCipheriv(gcmOf(key), key, vector, { authTagLength: TAG });

    return Buffer.concat([cipher.update(filled), cipher.final(), cipher.getAuthTag()]);
  }
  const cipher = createCipheriv(algorithm(key, mode), key, vectorOf(mode, vector)).setAutoPadding(false);

  return Buffer.concat([cipher.update(filled), cipher.final()]);
}

function decrypted({ key, vector, mode, padding }: AesSettings, secret: Buffer): Buffer | undefined {
  try {
    if (mode === 'GCM') {
      const decipher = createDecipheriv(gcmOf(key), key, vector, { authTagLength: TAG });
      decipher.setAuthTag(secret.subarray(-TAG));

      return Buffer.concat([decipher.update(secret.subarray(0, -TAG)), decipher.final()]);
    }
    const decipher = createDecipheriv(algorithm(key, mode), key, vectorOf(mode, vector)).setAutoPadding(false);
    const plain = Buffer.concat([decipher.update(secret), decipher.final()]);

    return padding ? unpadded(plain) : plain;
  } catch {
    // OpenSSL's words change with its version.
    return undefined;
  }
}

function isWithMode(call: unknown): boolean {
  const { mode, vector, bits, padding } = fieldsOf(call);

  return [mode, vector, bits, padding].some((given) => given !== undefined && given !== null);
}

function ownSettings(place: string, call: unknown, vector: Buffer): AesSettings {
  return { place, key: keyOf(place, call), vector, mode: 'GCM', padding: false };
}

function settingsOf(place: string, call: unknown): AesSettings {
  const { vector, mode: namedMode, padding: namedPadding, bits } = fieldsOf(call);
  const mode = one(`${place}: mode`, namedMode, MODES, 'AesUtils.MODE');
  const filling = one(`${place}: pad`, namedPadding, PADDINGS, 'AesUtils.PAD');
  const key = keyOf(place, call);
  if (key.length * 8 !== one(`${place}: length`, bits, KEY_BITS, 'AesUtils.KEYLENGTH')) {
    throw new InvalidSetting(`${place}: secretKey`, `${key.length} bytes`, `${Number(bits) / 8} bytes for KL_${bits}`);
  }
  if (mode === 'CTR' && filling !== 'NOPADDING') {
    throw new InvalidSetting(`${place}: pad`, filling, 'NOPADDING with CTR');
  }

  return {
    ...{ place, key, mode },
    vector: mode === 'ECB' ? Buffer.alloc(0) : checkedVector(place, mode, vector),
    padding: filling === 'PKCS5PADDING' && PADDED.includes(mode),
  };
}

function keyOf(place: string, call: unknown): Buffer {
  const key = Buffer.from(textOf(`${place}: secretKey`, fieldsOf(call)['key']), 'utf8');
  if (!KEY_BITS.some((bits) => bits === key.length * 8)) {
    throw new InvalidSetting(`${place}: secretKey`, `${key.length} bytes`, '16, 24 or 32 bytes');
  }

  return key;
}

function checkedVector(place: string, mode: string, given: unknown): Buffer {
  const vector = Buffer.from(textOf(`${place}: initialVector`, given), 'utf8');
  const [least, most] = mode === 'GCM' ? [1, MAX_GCM_VECTOR] : [BLOCK, BLOCK];
  if (vector.length < least || vector.length > most) {
    const allowed = least === most ? `${least} bytes` : `${least} to ${most} bytes`;
    throw new InvalidSetting(`${place}: initialVector`, `${vector.length} bytes`, `${allowed} with ${mode}`);
  }

  return vector;
}

function one<Value>(place: string, given: unknown, allowed: readonly Value[], name: string): Value {
  const found = allowed.find((value) => value === given);
  if (found === undefined) {
    const names = allowed.map((value) => `${name}.${typeof value === 'number' ? `KL_${value}` : value}`);
    throw new InvalidSetting(place, given, names.join(', '));
  }

  return found;
}

function gcmOf(key: Buffer): 'aes-128-gcm' {
  return `aes-${key.length * 8}-gcm` as 'aes-128-gcm';
}

function algorithm(key: Buffer, mode: string): string {
  return `aes-${key.length * 8}-${mode.toLowerCase()}`;
}

function vectorOf(mode: string, vector: Buffer): Buffer | null {
  return mode === 'ECB' ? null : vector;
}

/** PKCS #7, which Java calls PKCS5Padding; by hand, since OpenSSL pads no mode that works on bytes. */
function padded(plain: Buffer): Buffer {
  const missing = BLOCK - (plain.length % BLOCK);

  return Buffer.concat([plain, Buffer.alloc(missing, missing)]);
}

function unpadded(plain: Buffer): Buffer | undefined {
  const added = plain.at(-1) ?? 0;
  const tail = plain.subarray(plain.length - added);
  const isPadding = added > 0 && added <= BLOCK && tail.length === added && tail.every((byte) => byte === added);

  return isPadding ? plain.subarray(0, plain.length - added) : undefined;
}
