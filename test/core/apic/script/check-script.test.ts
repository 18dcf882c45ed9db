import { expect, test } from '@jest/globals';
import { checkScript, type KnownToScripts } from '../../../../core/apic/script/check-script.ts';
import { scriptNeeds } from '../../../../core/apic/script/script-needs.ts';

const COMMON = 'com.roma.apic.livedata.common.v1';
const KNOWN: KnownToScripts = {
  classes: new Map([
    [`${COMMON}.AesUtils`, ['encrypt', 'decrypt', 'MODE']],
    ['com.roma.apic.livedata.client.v1.HttpClient', []],
    ['java.util.HashMap', []],
    ['java.lang.System', ['currentTimeMillis', 'out']],
  ]),
  variables: new Set(['host']),
  passwords: new Set(['partner']),
  certificates: new Set(),
};
const check = (source: string) => () => checkScript('Stack/Scripts: orders.js', source, KNOWN);

test('what the code names is found with its line; comments and strings are not code', () => {
  const source = `
    // importClass(com.roma.apic.livedata.client.v1.Commented) #{commented}
    /* com.roma.apic.livedata.client.v1.AlsoCommented
       */
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    var url = "jdbc:mysql://#{host}:3306/a java.io.File"; // a comment
    var other = Packages.com.roma.apic.livedata.common.v1.Md5Utils, type = Java.type('java.util.HashMap');
    importPackage(java.util, Packages.com.roma.apic)`;
  const needs = scriptNeeds(source);

  expect(needs.classes).toEqual([
    { name: 'com.roma.apic.livedata.client.v1.DataSourceClient', line: 5 },
    { name: 'com.roma.apic.livedata.common.v1.Md5Utils', line: 7 },
    { name: 'java.util.HashMap', line: 7 },
  ]);
  expect(needs.variables).toEqual([{ name: 'host', line: 6 }]);
  expect(needs.packages).toEqual([
    { name: 'java.util', line: 8 },
    { name: 'com.roma.apic', line: 8 },
  ]);
});

test.each([
  ['KafkaProducer', 'HttpClient, to publish to a topic'],
  ['RabbitMqProducer', 'HttpClient, to publish to a topic'],
  ['SapRfcClient', 'HttpClient or SoapClient'],
])('%s is refused with its line and what to use instead, also where it comes with its package', (name, instead) => {
  const path = `com.roma.apic.livedata.client.v1.${name}`;

  expect(check(`var a = 1;\n\nimportClass(${path});`)).toThrow(
    `Stack/Scripts: orders.js:3: class: received "${path}"; allowed: ${instead}`,
  );
  expect(check(`importPackage(com.roma.apic.livedata.client.v1);\nvar client = new ${name}();`)).toThrow(
    `orders.js:2: class: received "${name}"; allowed: ${instead}`,
  );
  expect(check(`function ${name}() {}\nvar client = new ${name}();`)).not.toThrow();
});

test('ApiClient may be imported, and that is all', () => {
  const path = 'com.huawei.livedata.lambdaservice.livedataprovider.ApiClient';
  const known = { ...KNOWN, classes: new Map([...KNOWN.classes, [path, []]]) };
  const text = (use: string) => () => checkScript('Stack/Scripts: orders.js', `importClass(${path});\n${use}`, known);

  expect(text('// new ApiClient()\nvar text = "ApiClient.call";')).not.toThrow();
  for (const use of ['new ApiClient()', 'ApiClient.call("x")', `new ${path}()`, `${path}.call("x")`]) {
    expect(text(use)).toThrow('orders.js:2: class: received');
  }
});

test('uploads are refused with what to send instead', () => {
  expect(check('var a;\nvar file = data.body.get("image").getFileItem();')).toThrow(
    'orders.js:2: script: received "getFileItem"; allowed: the file as base64 in a field of a JSON body',
  );
});

test.each([
  ['java.net.URL', 'HttpClient'],
  ['java.io.File', 'none: a script has no files'],
  ['java.lang.Thread', 'none: a script has no threads'],
  ['java.sql.DriverManager', 'DataSourceClient'],
  ['javax.crypto.Cipher', 'AesUtils, RSAUtils'],
  ['com.alibaba.fastjson.JSONObject', 'JSON, JsonUtils'],
  ['okhttp3.OkHttpClient', 'HttpClient'],
  ['java.time.LocalDate', 'java.util.Date, java.text.SimpleDateFormat'],
  ['com.huawei.livedata.lambdaservice.livedataprovider.ApiClient', 'HttpClient, its accessKey'],
  ['com.roma.apic.livedata.common.v1.Unheard', `${COMMON}.AesUtils`],
  ['com.roma.apic.livedata.old.AesUtils', `${COMMON}.AesUtils`],
])('%s is refused, however it is named', (path, instead) => {
  for (const use of [`importClass(${path})`, `new ${path}()`, `var a = Packages.${path}`, `Java.type("${path}")`]) {
    expect(check(`\n${use}`)).toThrow(`orders.js:2: class: received "${path}"; allowed: ${instead}`);
  }
  expect(check(`var text = "${path}"; // ${path}`)).not.toThrow();
});

test.each([
  [
    `importClass(${COMMON}.AesUtils);\nAesUtils.encode('a')`,
    'orders.js:2: AesUtils: received "encode"; allowed: MODE, decrypt, encrypt',
  ],
  [`${COMMON}.AesUtils.seal('a')`, `orders.js:1: ${COMMON}.AesUtils: received "seal"`],
  [
    'var home = java.lang.System.getenv("HOME")',
    'java.lang.System: received "getenv"; allowed: currentTimeMillis, out',
  ],
  ['importClass(com.roma.apic.livedata.client.v1.HttpClient); HttpClient.get("x")', 'allowed: new HttpClient(…)'],
  [`text.replace(/'/g, ''); new java.io.File('x')`, 'orders.js:1: class: received "java.io.File"'],
  [`var half = a / 2; var b = 4 / java.io.File.length`, 'received "java.io.File"'],
  ['for each (var row in rows) {}', 'orders.js:1: script: received "for each"; allowed: for (… of …)'],
  ['Java.extend(a, b)', 'received "Java.extend"; allowed: Java.type, Java.from, Java.to'],
  ['importPackage(java.io)', 'received "java.io"; allowed: '],
  ['new JavaImporter(java.util, org.w3c.dom)', 'received "org.w3c.dom"'],
  ['"#{nobody}"', 'orders.js:1: variable: received "#{nobody}"; allowed: host'],
  ['CipherUtils.getPlainCipherText("other")', 'password: received "other"; allowed: partner'],
  ['CipherUtils.getPlainCertificate("partner")', 'certificate: received "partner"; allowed: none is declared'],
])('%s is refused', (source, message) => {
  expect(check(source)).toThrow(message);
});

test.each([
  `importClass(${COMMON}.AesUtils); AesUtils.encrypt('a', AesUtils.MODE.GCM); AesUtils.class; AesUtils.prototype`,
  'importPackage(java.util); importPackage(com.roma.apic.livedata.common.v1, java.lang); new HashMap()',
  'var AesUtils = { seal: 1 }; AesUtils.seal',
  'CipherUtils.getPlainCipherText("partner"); CipherUtils.getPlainCipherText(name)',
  'var java = 1; var com = { a: 2 }; com.a; data.java.net',
  "Java.type('byte[]'); Java.from(list); importPackage(places[0])",
  'java.lang.System.out.println(java.lang.System.currentTimeMillis())',
  `text.replace(/"/g, '') + "java.io.File"; var half = a / 2 + ' java.io.File /'`,
  'return /[/"]java.io.File/.test(text)',
  '`a "text" of java.io.File`',
  'var address = "http://java.io.File"; // that\'s java.io.File',
])('%s is taken', (source) => {
  expect(check(source)).not.toThrow();
});
