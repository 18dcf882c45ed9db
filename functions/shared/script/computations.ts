import { createHash, randomUUID } from 'node:crypto';
import { createAppToken } from '../../../core/apic/app-token.ts';
import { aesDecrypt, aesEncrypt } from '../../../core/apic/script/aes-cipher.ts';
import { bytesOf, bytesOfBase64, fieldsOf, textOf } from '../../../core/apic/script/crossing-bytes.ts';
import { jsonToXml, xmlToJson } from '../../../core/apic/script/json-xml.ts';
import { rsaDecrypt, rsaEncrypt, rsaReadKey, rsaSign, rsaVerify } from '../../../core/apic/script/rsa-cipher.ts';
import { zoneOffset } from '../../../core/apic/script/zoned-time.ts';
import { InvalidSetting } from '../../../core/errors.ts';

/** Of the JSON of an argument: what a computation may be given. */
const MAX_ARGUMENT_CHARACTERS = 4 * 1024 * 1024;

/** Takes what a script handed over, which may be anything. @throws InvalidSetting */
type Computation = (argument: unknown) => unknown;

/** Charsets of Java by the name that Node decodes them by. */
const CHARSETS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16be': 'utf-16be',
  'utf-16le': 'utf-16le',
  'iso-8859-1': 'latin1',
  'us-ascii': 'latin1',
  gbk: 'gbk',
  gb2312: 'gbk',
  gb18030: 'gb18030',
  big5: 'big5',
};

const COMPUTATIONS: Readonly<Record<string, Computation>> = {
  md5: (text) => createHash('md5').update(textOf('Md5Utils: source', text)).digest('hex'),
  'base64-of': (crossing) => bytesOf('Base64Utils.encode: content', crossing).toString('base64'),
  'bytes-of-base64': (text) => bytesOfBase64('Base64Utils.decode: content', text).toString('latin1'),
  'text-of-bytes': textOfBytes,
  'aes-encrypt': aesEncrypt,
  'aes-decrypt': aesDecrypt,
  'rsa-key': rsaReadKey,
  'rsa-encrypt': rsaEncrypt,
  'rsa-decrypt': rsaDecrypt,
  'rsa-sign': rsaSign,
  'rsa-verify': rsaVerify,
  'app-token': appToken,
  'xml-to-json': xmlToJson,
  'json-to-xml': jsonToXml,
  'zone-offset': zoneOffset,
  uuid: () => randomUUID(),
};

/** Whether this is done by the sandbox's own worker, at once, within the script's processor time. */
export function isComputation(operation: string): boolean {
  return Object.hasOwn(COMPUTATIONS, operation);
}

/**
 * What scripts cannot do well by themselves: ciphers, digests, XML. Nothing but JSON goes in and comes out.
 *
 * @param argument JSON
 * @returns JSON
 * @throws InvalidSetting, whatever goes wrong; its message is for the script
 */
export function compute(operation: string, argument: string): string {
  if (argument.length > MAX_ARGUMENT_CHARACTERS) {
    throw new InvalidSetting(operation, `${argument.length} characters`, `at most ${MAX_ARGUMENT_CHARACTERS}, as JSON`);
  }
  try {
    return JSON.stringify(COMPUTATIONS[operation]?.(JSON.parse(argument)) ?? null);
  } catch (error) {
    // Of anything else scripts learn nothing: it would be a fault of this code, in words of the engine.
    throw error instanceof InvalidSetting ? error : new InvalidSetting(operation, 'something else', 'what it is for');
  }
}

function textOfBytes(call: unknown): string {
  const { content, charset } = fieldsOf(call);
  const name = textOf('StringUtils.toString: encoding', charset ?? 'UTF-8').toLowerCase();
  const label = Object.hasOwn(CHARSETS, name) ? CHARSETS[name] : undefined;
  if (label === undefined) {
    throw new InvalidSetting(
      'StringUtils.toString: encoding',
      name.slice(0, 40),
      Object.keys(CHARSETS).join(', ').toUpperCase(),
    );
  }
  const bytes = bytesOf('StringUtils.toString: bytes', content);

  // The label `latin1` is another encoding to a TextDecoder: windows-1252.
  return label === 'latin1' ? bytes.toString('latin1') : new TextDecoder(label, { ignoreBOM: true }).decode(bytes);
}

function appToken(call: unknown): string {
  const { appId, appKey, timestamp } = fieldsOf(call);
  const place = 'JWTUtils.createToken';

  return createAppToken(
    textOf(`${place}: appId`, appId),
    textOf(`${place}: appKey`, appKey),
    textOf(`${place}: timestamp`, timestamp),
  );
}
