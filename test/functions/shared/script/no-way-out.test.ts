import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InvalidSetting } from '../../../../core/errors.ts';
import { compute, isComputation } from '../../../../functions/shared/script/computations.ts';
import { scripts, using } from './script-fixture.ts';

const { run } = scripts();
const COMMON = 'com.roma.apic.livedata.common.v1';
const OPERATIONS = (
  'md5 base64-of bytes-of-base64 text-of-bytes aes-encrypt aes-decrypt rsa-key rsa-encrypt rsa-decrypt rsa-sign rsa-verify ' +
  'app-token xml-to-json json-to-xml zone-offset uuid'
).split(' ');

test.each(OPERATIONS)(
  '%s takes anything a script may hand over, and answers or refuses in words of its own',
  (operation) => {
    const fields =
      'text bytes key content vector bits mode padding kind modulus exponent signature charset zone time rootName'.split(
        ' ',
      );
    const argument = fc.oneof(
      fc.jsonValue(),
      fc.record(Object.fromEntries(fields.map((name) => [name, fc.oneof(fc.jsonValue(), fc.base64String())])), {
        requiredKeys: [],
      }),
    );
    fc.assert(
      fc.property(argument, (given) => {
        try {
          JSON.parse(compute(operation, JSON.stringify(given)));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidSetting);
          expect(String(error)).not.toMatch(/node:|error:|undefined is not|Cannot read|OpenSSL|routines/);
        }
      }),
      { numRuns: 60 },
    );
  },
);

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'http', ''])(
  '%p is no computation',
  (operation) => {
    expect(isComputation(operation)).toBe(false);
  },
);

test('a computation is given at most 4 MB', () => {
  const most = 4 * 1024 * 1024;

  expect(JSON.parse(compute('md5', JSON.stringify('x'.repeat(most - 2))))).toMatch(/^[0-9a-f]{32}$/);
  expect(() => compute('md5', JSON.stringify('x'.repeat(most - 1)))).toThrow(`at most ${most}, as JSON`);
});

test('what is computed counts as the script’s own time', async () => {
  const source = `importClass(${COMMON}.Md5Utils);
    function execute() { var text = new Array(3000000).join('x'); for (;;) { Md5Utils.encode(text) } }`;

  expect(await run(source, { cpuMs: 300 })).toMatchObject({ fault: 'cpu' });
});

test.each([
  [
    'the classes',
    'CipherUtils, AesUtils.encrypt, new java.util.Date(), java.util.UUID.randomUUID(), new java.util.HashMap()',
  ],
  [
    'what they give',
    `RSAUtils.decodeBase64('AAAA'), XmlUtils.toMap('<a><b/></a>'), Base64Utils.encode('x'), new java.util.ArrayList()`,
  ],
  ['what they throw', `(function () { try { AesUtils.encrypt('a', 'b') } catch (error) { return error } })()`],
  ['their constructors', 'java.util.Base64.getEncoder(), Java.type, importClass, print, JavaImporter'],
])('the constructors of %s lead to nothing but the sandbox', async (_name, values) => {
  const source = using(
    ['AesUtils', 'RSAUtils', 'XmlUtils', 'Base64Utils', 'CipherUtils'].map((name) => `${COMMON}.${name}`),
    `var found = []; var values = [${values}];
     for (var i = 0; i < values.length; i += 1) {
       var make = values[i].constructor; while (make !== make.constructor) { make = make.constructor }
       var scope = make('return this')();
       if (scope !== globalThis) { found.push('another global') }
       ['process', 'require', 'Buffer', 'WebAssembly', 'fetch', 'host', 'hostText', 'classes', 'compute'].forEach(function (name) {
         if (make('return typeof ' + name)() !== 'undefined') { found.push(name) }
       });
     }
     return found`,
  );

  expect(await run(source)).toEqual([]);
});

test('names that objects have a setter for pollute nothing, whichever way they come', async () => {
  const source = using(
    ['JsonUtils', 'XmlUtils', 'TextUtils'].map((name) => `${COMMON}.${name}`),
    `var json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
     var map = JsonUtils.toMap(json); map.put('__proto__', { polluted: 1 }); map.putAll(JSON.parse(json));
     JsonUtils.toBean(json, java.util.HashMap); JsonUtils.toBean(json, com.roma.apic.livedata.config.v1.DataSourceConfig);
     refusal(function () { XmlUtils.toMap('<a><__proto__><polluted>1</polluted></__proto__></a>') });
     refusal(function () { XmlUtils.toXml(JSON.parse(json)) }); TextUtils.encodeByUrlEncoder(JSON.parse(json));
     new java.util.HashMap(JSON.parse(json)); importPackage(com.roma.apic.livedata.common.v1);
     return [typeof {}.polluted, typeof [].polluted, typeof ''.polluted, typeof (function () {}).polluted, map.get('a')]`,
  );

  expect(await run(source)).toEqual(['undefined', 'undefined', 'undefined', 'undefined', null]);
});

test('what one call does to the helpers is not there in the next', async () => {
  await run(
    using(
      [`${COMMON}.Md5Utils`, `${COMMON}.AesUtils`],
      `var list = new java.util.ArrayList(); Md5Utils.encode = null; AesUtils.MODE = {}; leaked = 1;
       Object.getPrototypeOf(list).size = null; String.prototype.getBytes = null; Error.prototype.getMessage = null; java.lang.System.out = null; return 1`,
    ),
  );

  expect(
    await run(
      using(
        [`${COMMON}.Md5Utils`, `${COMMON}.AesUtils`],
        `[Md5Utils.encode(''), AesUtils.MODE.GCM, typeof leaked, new java.util.ArrayList().size(), 'a'.getBytes(), new Error('x').getMessage(), typeof java.lang.System.out]`,
      ),
    ),
  ).toEqual(['d41d8cd98f00b204e9800998ecf8427e', 'GCM', 'undefined', 0, [97], 'x', 'object']);
});

test('a script that breaks what the helpers are made of hurts itself alone', async () => {
  const source = using(
    [`${COMMON}.Md5Utils`, `${COMMON}.Base64Utils`],
    `JSON.parse = JSON.stringify = String = Object.hasOwn = Array.from = null; Array.prototype.map = function () { return this };
     return refusal(function () { Base64Utils.encode([1]) }) + Md5Utils.encode`,
  );
  await run(source);

  expect(await run(using([`${COMMON}.Base64Utils`], `Base64Utils.encode([1])`))).toBe('AQ==');
});
