import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import { invalid } from './registry-limits.ts';
import type { RegistryState, StoredCertificate } from './registry-state.ts';
import { find } from './things.ts';

export const certificateArn = (id: string): string => arn('iot', `cert/${id}`);

/** What signs the certificates of devices, as Amazon's own authority does. */
export interface DeviceAuthority {
  readonly cert: string;
  readonly key: string;
}

const STATUSES = ['ACTIVE', 'INACTIVE', 'REVOKED'] as const;
/** As AWS makes them; the library wants signer and signed to be of one kind. */
const RSA = { keyType: 'rsa', keySize: 2048, algorithm: 'sha256' } as const;
/** Those that AWS makes are valid until then. */
const VALID_UNTIL = new Date('2049-12-31T23:59:59Z');

/** Lies in `<state>/iot/` and is kept between starts, as the certificates are that it signed. */
export async function deviceAuthority(directory: string): Promise<DeviceAuthority> {
  const [certFile, keyFile] = [join(directory, 'device-ca.pem'), join(directory, 'device-ca.key')];
  if (existsSync(certFile) && existsSync(keyFile)) {
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }
  const made = await generate([{ name: 'commonName', value: 'Causeway local authority of devices' }], {
    ...RSA,
    notAfterDate: VALID_UNTIL,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  mkdirSync(directory, { recursive: true });
  writeFileSync(keyFile, made.private, { mode: 0o600 });
  writeFileSync(certFile, made.cert);

  return { cert: made.cert, key: made.private };
}

/** The id of a certificate is the SHA-256 of its DER, in hex. */
export function certificateId(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** A new key and the certificate that goes with it. The key is kept nowhere. */
export async function createKeysAndCertificate(
  state: RegistryState,
  authority: DeviceAuthority,
  { active, now }: { readonly active: boolean; readonly now: number },
) {
  const made = await generate([{ name: 'commonName', value: 'AWS IoT Certificate' }], {
    ...RSA,
    notAfterDate: VALID_UNTIL,
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
    ],
  });
  const id = certificateId(new X509Certificate(made.cert).raw);
  state.certificates[id] = { pem: made.cert, status: active ? 'ACTIVE' : 'INACTIVE', createdAt: now };

  return {
    certificateArn: certificateArn(id),
    certificateId: id,
    certificatePem: made.cert,
    keyPair: { PublicKey: made.public, PrivateKey: made.private },
  };
}

export function describeCertificate(state: RegistryState, id: string) {
  const { pem, status, createdAt } = required(state, id);
  const { validFrom, validTo } = new X509Certificate(pem);

  return {
    certificateDescription: {
      certificateArn: certificateArn(id),
      certificateId: id,
      status,
      certificatePem: pem,
      creationDate: createdAt,
      validity: { notBefore: Date.parse(validFrom) / 1000, notAfter: Date.parse(validTo) / 1000 },
      certificateMode: 'DEFAULT',
    },
  };
}

export function updateCertificate(state: RegistryState, id: string, status: string | null): void {
  const certificate = required(state, id);
  const known = STATUSES.find((one) => one === status);
  if (known === undefined) throw invalid(`newStatus is one of ${STATUSES.join(', ')}`);
  state.certificates[id] = { ...certificate, status: known };
}

/** Only one that nobody can log in with is deleted. */
export function deleteCertificate(state: RegistryState, id: string): void {
  if (required(state, id).status === 'ACTIVE') {
    throw new AwsError('CertificateStateException', `Certificate ${id} must be deactivated before it is deleted`, 406);
  }
  delete state.certificates[id];
}

function required(state: RegistryState, id: string): StoredCertificate {
  const certificate = find(state.certificates, id);
  if (certificate === undefined) {
    throw new AwsError('ResourceNotFoundException', `Certificate ${id} does not exist`, 404);
  }

  return certificate;
}
