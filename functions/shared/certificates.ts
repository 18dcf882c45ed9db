import { X509Certificate } from 'node:crypto';
import {
  CreateKeysAndCertificateCommand,
  DeleteCertificateCommand,
  IoTClient,
  ResourceNotFoundException,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import type { MadeCertificate } from '../../core/link/device-certificates.ts';

/** Certificates of devices in AWS IoT's registry. */
export interface Certificates {
  /** Makes a key of RSA with 2,048 bits and an active certificate. */
  make(): Promise<MadeCertificate>;
  /** Ends one for good; no matter if it is gone. */
  revoke(id: string): Promise<void>;
  /** Removes one; no matter if it is gone. */
  discard(id: string): Promise<void>;
}

let client: IoTClient | undefined;

export function certificates(): Certificates {
  client ??= new IoTClient({});
  const iot = client;
  const update = (certificateId: string, newStatus: 'REVOKED' | 'INACTIVE') =>
    unlessGone(() => iot.send(new UpdateCertificateCommand({ certificateId, newStatus })));

  return {
    async make() {
      const { certificateId, certificatePem, keyPair } = await iot.send(
        new CreateKeysAndCertificateCommand({ setAsActive: true }),
      );
      if (certificateId === undefined || certificatePem === undefined || keyPair?.PrivateKey === undefined) {
        throw new IncompleteCertificate();
      }
      const expiresAt = new Date(new X509Certificate(certificatePem).validTo).toISOString();

      return { id: certificateId, certificatePem, privateKey: keyPair.PrivateKey, expiresAt };
    },
    revoke: (id) => update(id, 'REVOKED'),
    async discard(id) {
      // An active one cannot be deleted. D:iot/latest/apireference/API_DeleteCertificate
      await update(id, 'INACTIVE');
      await unlessGone(() => iot.send(new DeleteCertificateCommand({ certificateId: id })));
    },
  };
}

async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) {
      throw error;
    }
  }
}

class IncompleteCertificate extends Error {
  override readonly name = 'IncompleteCertificate';

  constructor() {
    super('AWS IoT made a certificate and did not answer all of it.');
  }
}
