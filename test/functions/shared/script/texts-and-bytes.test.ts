import { expect, test } from '@jest/globals';
import { scripts, using } from './script-fixture.ts';

const { run } = scripts();
const COMMON = 'com.roma.apic.livedata.common.v1';
const ask = (classes: readonly string[], body: string) =>
  run(
    using(
      classes.map((name) => (name.includes('.') ? name : `${COMMON}.${name}`)),
      body,
    ),
  );

test('Base64Utils: the examples of RFC 4648, and those where the alphabets differ', async () => {
  expect(
    await ask(
      ['Base64Utils'],
      `[Base64Utils.encode('foobar'), Base64Utils.encode('fooba'), Base64Utils.encode([102, 111]), Base64Utils.encode('Hello world!'),
        Base64Utils.encode([-5, -16]), Base64Utils.encodeUrlSafe([-5, -16]), Base64Utils.encodeUrlSafe('世界?>'), Base64Utils.decode('Zm9vYmFy'),
        Base64Utils.decode('Zm9v\\r\\nYg=='), Base64Utils.decodeUrlSafe(Base64Utils.encodeUrlSafe('世界?>')), Base64Utils.decodeUrlSafe('Zm9vYg')]`,
    ),
  ).toEqual([
    ...['Zm9vYmFy', 'Zm9vYmE=', 'Zm8=', 'SGVsbG8gd29ybGQh', '+/A=', '-_A=', '5LiW55WMPz4='],
    ...['foobar', 'foob', '世界?>', 'foob'],
  ]);
});

test.each([
  [`Base64Utils.encode({})`, 'Base64Utils.encode: content: received object; allowed: a text or bytes'],
  [`Base64Utils.encode(null)`, 'received null'],
  [`Base64Utils.decode('no*base64')`, 'Base64Utils.decode: content: received "something else"; allowed: base64'],
  [`Base64Utils.decode('A')`, 'allowed: base64'],
])('%s is refused', async (call, message) => {
  expect(await ask(['Base64Utils'], `refusal(function () { ${call} })`)).toContain(message);
});

test('MD5, of both classes: RFC 1321 and a text in UTF-8', async () => {
  expect(
    await ask(
      ['Md5Utils', 'com.huawei.livedata.lambdaservice.util.MD5Encoder'],
      `[Md5Utils.encode(''), Md5Utils.encode('message digest'), MD5Encoder.md5('abc'), MD5Encoder.md5('世界'), Md5Utils.encode('Hello world!')]`,
    ),
  ).toEqual([
    ...['d41d8cd98f00b204e9800998ecf8427e', 'f96b697d7cb7938d525a2f31aaf161d0', '900150983cd24fb0d6963f7d28e17f72'],
    ...['c086b3008aca0efa8f2ded065d6afb50', '86fb269d190d2c85f6e0468ceca42a20'],
  ]);
});

test('StringUtils: the example of the reference system, charsets, hexadecimal', async () => {
  expect(
    await ask(
      ['StringUtils'],
      `[StringUtils.toString([97, 96, 95, 94, 93, 92], 'UTF-8'), StringUtils.toString([-28, -72, -106]), StringUtils.toString([-54, -64, -67, -25], 'GBK'),
        StringUtils.toString([-23], 'ISO-8859-1'), StringUtils.toHexString([0, 15, -1, 127]), StringUtils.hexToByteArray('000fFF7f')]`,
    ),
  ).toEqual(['a`_^]\\', '世', '世界', 'é', '000fff7f', [0, 15, -1, 127]]);
});

test.each([
  [`StringUtils.toString([1], 'EBCDIC')`, 'StringUtils.toString: encoding: received "ebcdic"; allowed: UTF-8, '],
  [`StringUtils.toString(7)`, 'StringUtils.toString: bytes: received number'],
  [`StringUtils.hexToByteArray('abc')`, 'pairs of hexadecimal digits'],
  [`'é'.getBytes('GBK')`, 'getBytes: received "GBK"; allowed: UTF-8, ISO-8859-1, US-ASCII'],
])('%s is refused', async (call, message) => {
  expect(await ask(['StringUtils'], `refusal(function () { ${call} })`)).toContain(message);
});

test('TextUtils: forms, truths, parameters', async () => {
  expect(
    await ask(
      ['TextUtils'],
      `var map = new java.util.HashMap(); map.put('q', 'a b&c~*'); map.put('ü', '1');
       return [TextUtils.encodeByUrlEncoder(map), TextUtils.toHttpParameters(TextUtils.encodeByUrlEncoder(map)), TextUtils.toHttpParameters({ a: 1, b: 'x' }),
         TextUtils.parseBoolean('TRUE', false), TextUtils.parseBoolean('false', true), TextUtils.parseBoolean('yes', true), TextUtils.parseBoolean(null, false)]`,
    ),
  ).toEqual([{ q: 'a+b%26c%7E*', '%C3%BC': '1' }, 'q=a+b%26c%7E*&%C3%BC=1', 'a=1&b=x', true, false, true, false]);
});

test('a name that objects have a setter for is a name like others', async () => {
  expect(
    await ask(
      ['TextUtils'],
      `var map = new java.util.HashMap(); map.put('__proto__', 'x');
       return [map.size(), map.get('__proto__'), TextUtils.encodeByUrlEncoder(map), ({}).x, TextUtils.toHttpParameters(map)]`,
    ),
  ).toEqual([1, 'x', JSON.parse('{"__proto__":"x"}'), null, '__proto__=x']);
});
