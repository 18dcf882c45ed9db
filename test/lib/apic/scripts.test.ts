import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { scriptClasses } from '../../../lib/apic/script-library.ts';
import { Scripts, type ScriptsProps } from '../../../lib/apic/scripts.ts';
import { assetOf, definitionsOf, resourceNamed, sandbox, templateOf } from '../sandbox.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-scripts-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function scripts(files: Readonly<Record<string, string>>, props: Partial<ScriptsProps> = {}) {
  const own = mkdtempSync(join(folder, 'case-'));
  mkdirSync(own, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(own, name), text);
  }
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Enterprise');

  return { ...box, scripts: new Scripts(box.stack, 'Scripts', { group, app: box.owner, folder: own, ...props }) };
}

const HELLO = 'function execute(data) { return "Hello world!" }';

test('every script of the folder is published as a POST below /scripts, one function runs them all', () => {
  const { stack } = scripts({ 'hello.js': HELLO, 'orders.js': HELLO, 'notes.txt': 'no script' }, { appCode: true });

  expect(definitionsOf<ApiDefinitions>(stack, 'ScriptsFunction').apis).toEqual(
    ['hello', 'orders'].map((name) => ({
      name,
      app: 'Owner',
      method: 'POST',
      path: `/scripts/${name}`,
      auth: 'app',
      appCode: true,
      parameters: [],
      backend: { kind: 'script', script: `${name}.js`, limits: { cpuMs: 10_000, memoryMb: 64 } },
    })),
  );
  const asset = assetOf(stack, 'ScriptsFunction');
  expect(readFileSync(join(asset, 'scripts/hello.js'), 'utf8')).toBe(HELLO);
  expect(['sandbox.mjs', 'engine.wasm', 'library.js'].filter((name) => !existsSync(join(asset, name)))).toEqual([]);
});

test('variables are known by name; secrets and values of the deployment stay out of the asset', () => {
  const box = sandbox();
  const secret = new Secret(box.stack, 'Partner');
  const own = mkdtempSync(join(folder, 'case-'));
  writeFileSync(join(own, 'hello.js'), 'function execute() { return "#{city}" + "#{token}" + "#{mysql_url}" }');
  new Scripts(box.stack, 'Scripts', {
    group: new ApiGroup(box.stack, 'Enterprise'),
    app: box.owner,
    folder: own,
    variables: { city: 'Zürich', token: { secret, key: 'token' } },
  });

  const variables = JSON.parse(readFileSync(join(assetOf(box.stack, 'ScriptsFunction'), 'variables.json'), 'utf8'));
  expect(variables).toMatchObject({
    city: { value: 'Zürich' },
    token: { secret: expect.stringMatching(/^SCRIPT_VARIABLE_\d+$/), key: 'token' },
    mysql_url: { environment: expect.stringMatching(/^SCRIPT_VARIABLE_\d+$/) },
    mysql_user: { value: 'causeway_api' },
    mysql_password: { secret: expect.any(String), key: 'password' },
  });
});

test.each([
  ['knows no database', HELLO, false],
  ['has a client of databases', 'importClass(com.roma.apic.livedata.client.v1.DataSourceClient);', true],
  ['knows where the database is', 'function execute() { return "#{mysql_host}" }', true],
])('a function whose script %s has the right to it: %p', (_, text, expected) => {
  const { stack } = scripts({ 'own.js': text });
  const asset = assetOf(stack, 'ScriptsFunction');
  const variables = JSON.parse(readFileSync(join(asset, 'variables.json'), 'utf8'));

  expect(Object.keys(variables).length > 0).toBe(expected);
  expect(
    JSON.stringify(resourceNamed(stack, 'AWS::IAM::Policy', 'ScriptsFunctionRole')).includes(
      'rds-data:ExecuteStatement',
    ),
  ).toBe(expected);
});

test.each([
  [
    'a class that is not there',
    { 'sap.js': 'importClass(com.roma.apic.livedata.client.v1.SapRfcClient);' },
    'sap.js:1: class: received "com.roma.apic.livedata.client.v1.SapRfcClient"; allowed: HttpClient or SoapClient',
  ],
  ['a variable that is not declared', { 'who.js': 'var a = "#{nobody}"' }, 'who.js:1: variable: received "#{nobody}"'],
  ['a script that is no JavaScript', { 'bad.js': '\nfunction (' }, 'bad.js:2: received "SyntaxError'],
  ['a script of more than 32 KB', { 'long.js': `// ${'x'.repeat(33_000)}` }, 'at most 32768 bytes'],
  ['a name that cannot be in a path', { 'a b.js': HELLO }, 'received "a b"'],
  ['a folder without scripts', {}, 'a folder with scripts'],
])('%s is refused at synthesis', (_name, files, message) => {
  expect(() => scripts(files)).toThrow(message);
});

test('what is in a comment is no class that is needed', () => {
  expect(() => scripts({ 'old.js': `// com.roma.apic.livedata.client.v1.SapRfcClient\n${HELLO}` })).not.toThrow();
});

test.each([{ cpuMs: 0 }, { cpuMs: 29_001 }, { memoryMb: 0 }, { memoryMb: 2000 }])(
  'limits of %p are refused',
  (limits) => {
    expect(() => scripts({ 'hello.js': HELLO }, limits)).toThrow(Object.keys(limits)[0]);
  },
);

test('the library says which classes it has, and what each of them can do', () => {
  expect(scriptClasses().get('com.roma.apic.livedata.client.v1.DataSourceClient')).toEqual({
    statics: [],
    methods: ['execute'],
  });
  expect(scriptClasses().get('com.roma.apic.livedata.common.v1.AesUtils')?.statics).toEqual([
    ...['encrypt', 'decrypt', 'KEYLENGTH', 'MODE', 'PAD'],
  ]);
});

test('passwords and certificates are bound by name: where their secrets are is known, what is in them is read by the call', () => {
  const box = sandbox();
  const [partner, certificate, other] = ['Partner', 'Certificate', 'Other'].map((id) => new Secret(box.stack, id)) as [
    Secret,
    Secret,
    Secret,
  ];
  const own = mkdtempSync(join(folder, 'case-'));
  writeFileSync(join(own, 'hello.js'), `function execute() { return CipherUtils.getPlainCipherText("partner") }`);
  new Scripts(box.stack, 'Scripts', {
    group: new ApiGroup(box.stack, 'Enterprise'),
    app: box.owner,
    folder: own,
    passwords: { partner: { secret: partner, key: 'password' } },
    certificates: { front: { secret: certificate } },
    sourceAuthorities: { 'db.example.com': { secret: certificate, key: 'ca' } },
  });

  expect(JSON.parse(readFileSync(join(assetOf(box.stack, 'ScriptsFunction'), 'passwords.json'), 'utf8'))).toEqual({
    passwords: { partner: { secret: 'SCRIPT_PASSWORD_0', key: 'password' } },
    certificates: { front: { secret: 'SCRIPT_CERTIFICATE_0' } },
    authorities: { 'db.example.com': { secret: 'SCRIPT_AUTHORITY_0', key: 'ca' } },
  });
  const template = templateOf(box.stack);
  const readable = JSON.stringify(template.findResources('AWS::IAM::Policy'));
  const idOf = (secret: Secret) => box.stack.getLogicalId(secret.node.defaultChild as CfnSecret);
  expect([partner, certificate, other].map((secret) => readable.includes(idOf(secret)))).toEqual([true, true, false]);
});

test.each([
  [
    'a password that is not bound',
    'CipherUtils.getPlainCipherText("nobody")',
    ':1: password: received "nobody"; allowed: none',
  ],
  [
    'a certificate that is not bound',
    'CipherUtils.getPlainCertificate("x")',
    ':1: certificate: received "x"; allowed: none',
  ],
])('%s is refused at synthesis', (_name, call, message) => {
  expect(() => scripts({ 'hello.js': `function execute() { return ${call} }` })).toThrow(message);
});

test('a name that no password can have is refused', () => {
  const secret = { secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:partner' };

  expect(() => scripts({ 'hello.js': HELLO }, { passwords: { '1a': { secret } } })).toThrow('passwords: received "1a"');
});
