import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createKeysAndCertificate, type DeviceAuthority, deviceAuthority } from '../../../local/iot/certificates.ts';
import { emptyState } from '../../../local/iot/registry-state.ts';
import { type BrokerFixture, type BrokerOptions, startBroker } from './broker-fixture.ts';

let folder: string;
let authority: DeviceAuthority;
let broker: BrokerFixture;
let own: { cert: string; key: string; id: string };

async function certificateOf(signer: DeviceAuthority) {
  const made = await createKeysAndCertificate(emptyState(), signer, { active: true, now: 0 });

  return { cert: made.certificatePem, key: made.keyPair.PrivateKey, id: made.certificateId };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-certificates-'));
  authority = await deviceAuthority(folder);
  own = await certificateOf(authority);
});

afterEach(() => broker.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: BrokerOptions = {}) {
  broker = await startBroker({ deviceAuthority: authority.cert, certificateStatus: 'ACTIVE', ...options });
}

const withCertificate = ({ cert, key }: { cert: string; key: string }) =>
  broker.connect({ tls: true, cert, key, protocolVersion: 4 });

test('a client with a registered certificate reaches the authorizer, which gets it and its id', async () => {
  await start();

  await withCertificate(own);

  const [{ payload }] = broker.events as [{ payload: { protocolData: { tls: Record<string, string> } } }];
  const { serverName, principalId, x509CertificatePem = '' } = payload.protocolData.tls;
  expect({ serverName, principalId }).toEqual({ serverName: 'localhost', principalId: own.id });
  expect(new X509Certificate(x509CertificatePem).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(own.id);
});

test.each([
  ['REVOKED', 'the certificate is revoked'],
  ['INACTIVE', 'the certificate is inactive'],
  [undefined, 'the certificate is not registered'],
] as const)('with a certificate that is %s nobody is asked', async (certificateStatus, reason) => {
  broker = await startBroker({
    deviceAuthority: authority.cert,
    ...(certificateStatus === undefined ? {} : { certificateStatus }),
  });

  await expect(withCertificate(own)).rejects.toThrow(/Not authorized/);

  expect(broker.events).toEqual([]);
  expect(broker.logged('refused')).toMatchObject([{ reason }]);
});

test('a certificate that somebody else signed is not trusted, even where its id were registered', async () => {
  await start();
  const stranger = await certificateOf(await deviceAuthority(join(folder, 'elsewhere')));

  await expect(withCertificate(stranger)).rejects.toThrow(/Not authorized/);

  expect(broker.events).toEqual([]);
  expect(broker.logged('refused')).toMatchObject([
    { reason: expect.stringContaining('the certificate is not trusted') },
  ]);
});

test('a client without a certificate logs in with its password as ever', async () => {
  await start();

  await broker.connect({ tls: true });

  expect(broker.events).toMatchObject([{ payload: { protocolData: { tls: { serverName: 'localhost' } } } }]);
});
