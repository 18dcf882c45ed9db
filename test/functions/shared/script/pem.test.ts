import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { pem } from '../../../../functions/shared/script/pem.ts';

let cert: string;
let key: string;

beforeAll(async () => {
  ({ cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 }));
});

const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64');

test('a certificate and a key are taken as PEM, as base64 of PEM, and as base64 of DER, in lines or without', () => {
  const { raw, fingerprint256 } = new X509Certificate(cert);
  const lines = base64(raw).replace(/.{76}/g, '$&\n');
  const certificates = [cert, base64(cert), base64(raw), lines].map(
    (text) => new X509Certificate(pem(text, 'CERTIFICATE')),
  );
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const keys = [key, base64(key), base64(der)].map((text) => createPrivateKey(pem(text, 'PRIVATE KEY')));

  expect(certificates.map((one) => one.fingerprint256)).toEqual(Array(4).fill(fingerprint256));
  expect(keys.every((one) => one.equals(createPrivateKey(key)))).toBe(true);
});

test.each(['', 'hunter2!', 'hunter 2 =x'])('%p is refused, and not repeated', (text) => {
  const refused = () => pem(text, 'PRIVATE KEY');

  expect(refused).toThrow('private key');
  expect(refused).not.toThrow('hunter');
});
