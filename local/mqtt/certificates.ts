import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificates {
  /** The file clients are told to trust. */
  readonly ca: string;
  /** Of the broker itself, PEM, for localhost and 127.0.0.1. */
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** Made at every start, so that only the authority has to last. */
const SERVER_DAYS = 397;
const EC = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/**
 * The broker's own authority lies in `<state>/mqtt/` and is kept between starts, so that devices need its file once; it is made
 * anew when it is missing or would not outlast the server's certificate.
 */
export async function certificates(directory: string): Promise<Certificates> {
  const file = join(directory, 'ca.pem');
  const authority = readAuthority(file, join(directory, 'ca.key')) ?? (await createAuthority(directory, file));
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...EC,
    notAfterDate: new Date(Date.now() + SERVER_DAYS * DAY_MS),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });

  return { ca: file, key: server.private, cert: server.cert };
}

function readAuthority(certFile: string, keyFile: string): { cert: string; key: string } | undefined {
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined;
  const cert = readFileSync(certFile, 'utf8');
  const remaining = Date.parse(new X509Certificate(cert).validTo) - Date.now();

  return remaining > SERVER_DAYS * DAY_MS ? { cert, key: readFileSync(keyFile, 'utf8') } : undefined;
}

async function createAuthority(directory: string, certFile: string): Promise<{ cert: string; key: string }> {
  const authority = await generate([{ name: 'commonName', value: 'Causeway local authority' }], {
    ...EC,
    notAfterDate: new Date(Date.now() + CA_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'ca.key'), authority.private, { mode: 0o600 });
  writeFileSync(certFile, authority.cert);

  return { cert: authority.cert, key: authority.private };
}
