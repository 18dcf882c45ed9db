import { expect, test } from '@jest/globals';
import { settingsOf } from '../../../../functions/shared/script/script-settings.ts';
import { scripts, using } from './script-fixture.ts';

const CERTIFICATE = { certificate: '-----BEGIN CERTIFICATE-----', privateKey: '-----BEGIN PRIVATE KEY-----' };
const asked: string[] = [];
const settings = settingsOf(
  () => {
    asked.push('declared');

    return {
      passwords: { 'partner@acme': { value: 's3cret' } },
      certificates: { partner: { value: JSON.stringify(CERTIFICATE) }, broken: { value: 'PEM' } },
    };
  },
  async () => new Map([['southIP_1', '10.0.0.7']]),
);
const { run } = scripts(settings);
const CIPHERS = 'com.huawei.livedata.lambdaservice.security.CipherUtils';
const WEB = 'com.huawei.livedata.lambdaservice.config.RomaWebConfig';
const ask = (body: string) => run(using([CIPHERS, WEB], body));

test('a password is what its secret holds, read when it is asked for and not before', async () => {
  asked.length = 0;
  await ask('1');
  expect(asked).toEqual([]);

  expect(await ask(`CipherUtils.getPlainCipherText('partner@acme')`)).toBe('s3cret');
});

test('a certificate comes with its key, under the names of the reference system', async () => {
  expect(await ask(`CipherUtils.getPlainCertificate('partner')`)).toEqual({
    cipherType: 'CERTIFICATE',
    publicKey: CERTIFICATE.certificate,
    passphrase: '',
    ...CERTIFICATE,
  });
  expect(await ask(`CipherUtils.getPlainCertificate('partner').get('privateKey')`)).toBe(CERTIFICATE.privateKey);
});

test.each([
  [
    `CipherUtils.getPlainCipherText('other')`,
    'CipherUtils.getPlainCipherText: received "other"; allowed: partner@acme',
  ],
  [`CipherUtils.getPlainCipherText('partner')`, 'received "partner"; allowed: partner@acme'],
  [`CipherUtils.getPlainCipherText('__proto__')`, 'received "__proto__"'],
  [
    `CipherUtils.getPlainCertificate('broken')`,
    'the secret of broken: received "something else"; allowed: {"certificate"',
  ],
])('%s is refused', async (call, message) => {
  expect(await ask(`refusal(function () { ${call} })`)).toContain(message);
});

test('a secret that the function was not told of is an error', async () => {
  const missing = settingsOf(
    () => ({ passwords: { later: { environment: 'NOT_SET_ANYWHERE' } }, certificates: {} }),
    async () => new Map(),
  );

  await expect(missing.password('later')).rejects.toThrow('environment variable NOT_SET_ANYWHERE');
});

test('the configuration of an app is the variables of its stack', async () => {
  expect(await ask(`[RomaWebConfig.getAppConfig('southIP' + '_1'), RomaWebConfig.getAppConfig('nothing')]`)).toEqual([
    '10.0.0.7',
    null,
  ]);
});

test('the authority of a host is what the stack says, and of every other nothing', async () => {
  const { authority } = settingsOf(
    () => ({ passwords: {}, certificates: {}, authorities: { 'db.example.com': { value: 'PEM' } } }),
    async () => new Map(),
  );

  expect([await authority('db.example.com'), await authority('constructor')]).toEqual(['PEM', null]);
  expect(await settings.authority('db.example.com')).toBeNull();
});
