import { type Calls, path } from './calls.ts';

/** A certificate of a device; times are ISO 8601 (UTC). */
export interface Certificate {
  /** SHA-256 of the certificate, in hex. */
  readonly id: string;
  readonly state: 'active' | 'revoked';
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt?: string;
}

/** What a device needs to connect with a certificate. The key is in this answer only. */
export interface NewCertificate {
  readonly id: string;
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly publish: string;
  readonly subscribe: string;
  /** Where devices with certificates connect in AWS. */
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly certificatePem: string;
  readonly privateKey: string;
}

export interface CertificateOperations {
  certificates(product: string, device: string): Promise<Certificate[]>;
  createCertificate(product: string, device: string): Promise<NewCertificate>;
  revokeCertificate(product: string, device: string, certificate: string): Promise<Certificate>;
}

export function certificateOperations({ send, all }: Calls): CertificateOperations {
  return {
    certificates: (product, device) => all<Certificate>(path`/devices/${product}/${device}/certificates`),
    createCertificate: (product, device) =>
      send('POST', path`/devices/${product}/${device}/certificates`, {}) as Promise<NewCertificate>,
    revokeCertificate: (product, device, certificate) =>
      send('DELETE', path`/devices/${product}/${device}/certificates/${certificate}`) as Promise<Certificate>,
  };
}
