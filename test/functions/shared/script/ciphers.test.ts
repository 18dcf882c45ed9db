import { createDecipheriv, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { readAppToken } from '../../../../core/apic/app-token.ts';
import { ELLIPTIC_KEY, OTHER_PUBLIC_KEY, RSA } from './rsa-vectors.ts';
import { scripts, using } from './script-fixture.ts';

const { run } = scripts();
const COMMON = 'com.roma.apic.livedata.common.v1';
const TEXT = 'Grüße, 世界!';
const KEY = '0123456789abcdef';

const aes = (body: string) => run(using([`${COMMON}.AesUtils`], body));
const how = (vector: string, bits: number, mode: string, padding: string) =>
  `'${vector}', AesUtils.KEYLENGTH.KL_${bits}, AesUtils.MODE.${mode}, AesUtils.PAD.${padding}`;

// Given by `openssl enc -aes-<bits>-<mode> -K <key> -iv <key> -base64`; CFB, OFB and CTR pad nothing there.
test.each([
  [128, 'ECB', 'PKCS5PADDING', 'qfxnoLf80xSvzQH7HEjfFDdyIuBhqSTFkc2cJ+oWPtQ='],
  [256, 'ECB', 'PKCS5PADDING', 'ZBPkJW9eGlibRVNh7BwhZYqjYkH96N8FTcMlxsaVuJ4='],
  [128, 'CBC', 'PKCS5PADDING', 'Ju5Iv4moZoQtjLlNxCqq2ESPRIygkIoiY4Tnc0XHIfY='],
  [256, 'CBC', 'PKCS5PADDING', '6DmXNVO8/8FWkTk4djYYYNxkdqJbt19HBetBj5b2xu8='],
  [128, 'CFB', 'NOPADDING', 'NQC9NN1DmC0gQ6D+npw5RA=='],
  [256, 'CFB', 'NOPADDING', 'v05Z3B+TvrQBe8FAMk6aFA=='],
  [128, 'OFB', 'NOPADDING', 'NQC9NN1DmC0gQ6D+npw5RA=='],
  [128, 'CTR', 'NOPADDING', 'NQC9NN1DmC0gQ6D+npw5RA=='],
  [256, 'CTR', 'NOPADDING', 'v05Z3B+TvrQBe8FAMk6aFA=='],
])('AES %d %s with %s encrypts and decrypts as OpenSSL does', async (bits, mode, padding, expected) => {
  const key = KEY.repeat(bits / 128);
  const given = how(KEY, bits, mode, padding);

  expect(
    await aes(`[AesUtils.encrypt('${TEXT}', '${key}', ${given}), AesUtils.decrypt('${expected}', '${key}', ${given})]`),
  ).toEqual([expected, TEXT]);
});

test('AES GCM gives the text and then its tag: test case 2 of the GCM specification', async () => {
  const zeros = '\\u0000'.repeat(16);
  const given = how('\\u0000'.repeat(12), 128, 'GCM', 'NOPADDING');

  expect(await aes(`AesUtils.encrypt('${zeros}', '${zeros}', ${given})`)).toBe(
    Buffer.from('0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf', 'hex').toString('base64'),
  );
});

test('the example of the reference system, a vector of 13 characters, comes back', async () => {
  const given = how('initialVector', 128, 'GCM', 'NOPADDING');

  expect(await aes(`AesUtils.decrypt(AesUtils.encrypt('plainText', '${KEY}', ${given}), '${KEY}', ${given})`)).toBe(
    'plainText',
  );
});

test('without a mode the text is sealed with GCM, another vector each time', async () => {
  const [one, two, back] = (await aes(
    `var one = AesUtils.encrypt('${TEXT}', '${KEY}');
     return [one, AesUtils.encrypt('${TEXT}', '${KEY}'), AesUtils.decrypt(one, '${KEY}')]`,
  )) as string[];
  const sealed = Buffer.from(String(one), 'base64');
  const decipher = createDecipheriv('aes-128-gcm', KEY, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16));

  expect(back).toBe(TEXT);
  expect(one).not.toBe(two);
  expect(decipher.update(sealed.subarray(12, -16)).toString('utf8') + decipher.final('utf8')).toBe(TEXT);
});

test.each([
  [`encrypt('a', 'short')`, 'AesUtils.encrypt: secretKey: received "5 bytes"; allowed: 16, 24 or 32 bytes'],
  [
    `encrypt('a', '${KEY}', ${how(KEY, 256, 'CBC', 'PKCS5PADDING')})`,
    'received "16 bytes"; allowed: 32 bytes for KL_256',
  ],
  [
    `encrypt('a', '${KEY}', ${how('short', 128, 'CBC', 'PKCS5PADDING')})`,
    'received "5 bytes"; allowed: 16 bytes with CBC',
  ],
  [
    `encrypt('a', '${KEY}', ${how(KEY, 128, 'CBC', 'NOPADDING')})`,
    'received "1 bytes"; allowed: a multiple of 16 bytes',
  ],
  [
    `encrypt('a', '${KEY}', ${how(KEY, 128, 'XTS', 'NOPADDING')})`,
    'AesUtils.encrypt: mode: received null; allowed: AesUtils.MODE.ECB, ',
  ],
  [`encrypt('a', '${KEY}', ${how(KEY, 128, 'CTR', 'PKCS5PADDING')})`, 'allowed: NOPADDING with CTR'],
  [`encrypt({}, '${KEY}')`, 'AesUtils.encrypt: plainText: received "object"; allowed: a text'],
  [`decrypt('!', '${KEY}')`, 'AesUtils.decrypt: encryptText: received "something else"; allowed: base64'],
  [`decrypt('AAAA', '${KEY}')`, 'allowed: what was encrypted with this key, vector, mode and padding'],
  [
    `decrypt('qfxnoLf80xSvzQH7HEjfFDdyIuBhqSTFkc2cJ+oWPtQ=', 'fedcba9876543210', ${how('', 128, 'ECB', 'PKCS5PADDING')})`,
    'allowed: what was encrypted with this key',
  ],
])('%s is refused', async (call, message) => {
  expect(await aes(`refusal(function () { AesUtils.${call} })`)).toContain(message);
});

test('a text that was changed is refused by GCM', async () => {
  const changed = `var sealed = AesUtils.encrypt('${TEXT}', '${KEY}');
    var other = (sealed.charAt(20) === 'A' ? 'B' : 'A');
    return refusal(function () { AesUtils.decrypt(sealed.substring(0, 20) + other + sealed.substring(21), '${KEY}') })`;

  expect(await aes(changed)).toContain('allowed: what was encrypted with this key');
});

const rsa = (body: string) => run(using([`${COMMON}.RSAUtils`, `${COMMON}.Base64Utils`], body));
const KEYS = `var publicKey = RSAUtils.getPublicKey('${RSA.publicKey}');
  var privateKey = RSAUtils.getPrivateKey('${RSA.privateKey}');`;

test('RSA decrypts what OpenSSL encrypted, as a text and as bytes', async () => {
  expect(
    await rsa(`${KEYS} var bytes = RSAUtils.decrypt(privateKey, RSAUtils.decodeBase64('${RSA.encrypted}'));
      return [RSAUtils.decrypt('${RSA.encrypted}', privateKey), RSAUtils.encodeBase64(bytes), bytes[2]]`),
  ).toEqual([TEXT, Buffer.from(TEXT).toString('base64'), -61]);
});

test('RSA encrypts a text to base64 and bytes to bytes, each time otherwise', async () => {
  expect(
    await rsa(`${KEYS} var one = RSAUtils.encrypt('${TEXT}', publicKey);
      var bytes = RSAUtils.encrypt(publicKey, '${TEXT}'.getBytes());
      return [RSAUtils.decrypt(one, privateKey), RSAUtils.decrypt(Base64Utils.encode(bytes), privateKey),
        bytes.length, one === RSAUtils.encrypt('${TEXT}', publicKey)]`),
  ).toEqual([TEXT, TEXT, 128, false]);
});

test('RSA signs as OpenSSL does, and verifies', async () => {
  const signature = await rsa(`${KEYS} return RSAUtils.sign('${TEXT}', privateKey)`);

  expect(signature).toBe(RSA.signature);
  expect(
    await rsa(`${KEYS} var other = RSAUtils.getPublicKey('${OTHER_PUBLIC_KEY}'); return [
      RSAUtils.verify('${TEXT}', publicKey, '${RSA.signature}'), RSAUtils.verify('other', publicKey, '${RSA.signature}'),
      RSAUtils.verify('${TEXT}', other, '${RSA.signature}'), RSAUtils.verify('${TEXT}', publicKey, 'AAAA')]`),
  ).toEqual([true, false, false, false]);
});

test('keys are read from base64, bytes, PEM and numbers, and given back as Java encodes them', async () => {
  const pem = `-----BEGIN PUBLIC KEY-----\\n${RSA.publicKey.replace(/.{64}/g, '$&\\n')}\\n-----END PUBLIC KEY-----`;
  const decimal = (hexadecimal: string) => BigInt(`0x${hexadecimal}`).toString();
  const keys = [
    `getPublicKey('${pem}')`,
    `getPublicKey(RSAUtils.decodeBase64('${RSA.publicKey}'))`,
    `getPublicKey('${RSA.modulus}', '10001')`,
    `getPublicKey('${decimal(RSA.modulus)}', '65537')`,
  ];
  expect(await rsa(`[${keys.map((key) => `RSAUtils.encodeBase64(RSAUtils.${key}.getEncoded())`).join(', ')}]`)).toEqual(
    keys.map(() => RSA.publicKey),
  );
  expect(
    await rsa(`var key = RSAUtils.getPrivateKey('${decimal(RSA.modulus)}', '${decimal(RSA.privateExponent)}');
      return [RSAUtils.decrypt('${RSA.encrypted}', key), RSAUtils.encodeBase64(key.getEncoded()), key.getAlgorithm(), key.getFormat()]`),
  ).toEqual([TEXT, RSA.privateKey, 'RSA', 'PKCS#8']);
});

test.each([
  [`getPublicKey('AAAA')`, 'RSAUtils.getPublicKey: received "something else"; allowed: an RSA public key'],
  [`getPrivateKey('${RSA.publicKey}')`, 'allowed: an RSA private key of 512 to 8192 bits'],
  [`getPrivateKey('${ELLIPTIC_KEY}')`, 'received "ec, 0 bits"'],
  [`getPrivateKey('${RSA.modulus}', '10003')`, 'allowed: modulus and private exponent of one key'],
  [`getPublicKey('xyz', '3')`, 'both decimal or both hexadecimal'],
  [
    `encrypt('a', 'no key')`,
    'RSAUtils.encrypt: key: received something else; allowed: what RSAUtils.getPublicKey gave',
  ],
  [`encrypt('a', RSAUtils.getPrivateKey('${RSA.privateKey}'))`, 'allowed: what RSAUtils.getPublicKey gave'],
  [
    `encrypt(new Array(119).join('x'), RSAUtils.getPublicKey('${RSA.publicKey}'))`,
    'received "118 bytes"; allowed: at most 117',
  ],
  [`decrypt('AAAA', RSAUtils.getPrivateKey('${RSA.privateKey}'))`, 'received "3 bytes"; allowed: 128 bytes'],
])('%s is refused', async (call, message) => {
  expect(await rsa(`refusal(function () { RSAUtils.${call} })`)).toContain(message);
});

test('a token of JWTUtils is what the platform takes as app_jwt', async () => {
  const now = new Date('2026-01-02T03:04:05Z');
  const token = String(
    await run(using(['com.huawei.livedata.util.JWTUtils'], `JWTUtils.createToken('key', 'secret', ${now.getTime()})`)),
  );
  const read = readAppToken(token, String(now.getTime()), now);
  const [head, claims, signature] = token.split('.');

  expect(read).toMatchObject({ appId: 'key' });
  expect('isSignedWith' in read && read.isSignedWith('secret')).toBe(true);
  expect(signature).toBe(createHmac('sha256', 'secret').update(`${head}.${claims}`).digest('base64url'));
});
