import { Refusal } from '../errors.ts';
import { noDevice } from './change-device.ts';
import { type CutOffPorts, cutOff } from './cut-off.ts';
import type { DeviceCertificate, DeviceChanges, DeviceRecord } from './device.ts';

/** What the registry made, and keeps but for the key. */
export interface MadeCertificate {
  /** SHA-256 of the certificate, in hex. */
  readonly id: string;
  readonly certificatePem: string;
  readonly privateKey: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

export interface CertificateView extends DeviceCertificate {
  readonly id: string;
  readonly state: 'active' | 'revoked';
}

export interface CertificatePorts extends CutOffPorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Sets these attributes while the certificates are of this revision. */
  readonly saveCertificates: (
    clientId: string,
    changes: DeviceChanges,
    revision: number | undefined,
  ) => Promise<boolean>;
  /** Makes a key and an active certificate in the registry. */
  readonly makeCertificate: () => Promise<MadeCertificate>;
  readonly revokeCertificate: (id: string) => Promise<void>;
  readonly now: () => Date;
}

/** One to log in with, one to change over to, and some to spare. */
export const MAX_ACTIVE = 5;
/** Of those that were revoked, the latest are kept to be looked at: an item has 400 KB. */
const MAX_REVOKED = 20;
const ATTEMPTS = 10;

/**
 * Gives a device one more certificate and answers it with its key, once. In the registry it has no policy: what a device may do with it is decided
 * by the authorizer, as with a password, and nowhere else is it good for anything.
 *
 * @throws Refusal CAUSEWAY.0412 for a sixth; CAUSEWAY.0404 when the device has gone meanwhile
 */
export async function createCertificate(
  ports: CertificatePorts,
  device: DeviceRecord,
): Promise<MadeCertificate & { readonly createdAt: string }> {
  requireRoom(device);
  const made = await ports.makeCertificate();
  const { id, expiresAt } = made;
  const createdAt = ports.now().toISOString();
  try {
    await change(ports, device.clientId, device, (current) => {
      requireRoom(current);
      return { ...current.certificates, [id]: { createdAt, expiresAt } };
    });
  } catch (error) {
    // Nobody has its key, and it is good for nothing; so that nobody wonders about it.
    await ports.revokeCertificate(id);
    throw error;
  }

  return { ...made, createdAt };
}

/**
 * Ends a certificate for good and cuts its device off; one that is revoked already is revoked again, so that an attempt that failed half-way can be
 * repeated.
 *
 * @throws Refusal CAUSEWAY.0404 when the device has no such certificate
 */
export async function revokeCertificate(
  ports: CertificatePorts,
  device: DeviceRecord,
  id: string,
): Promise<CertificateView> {
  const revokedAt = ports.now().toISOString();
  const certificates = await change(ports, device.clientId, device, (current) => {
    const certificate = known(current.certificates, id);
    if (certificate === undefined) {
      throw new Refusal('CAUSEWAY.0404', { message: `The device ${current.deviceId} has no certificate ${id}.` });
    }
    return pruned({ ...current.certificates, [id]: { revokedAt, ...certificate } });
  });
  // From here on the authorizer refuses it. The registry's own word ends the handshake already.
  await ports.revokeCertificate(id);
  await cutOff(ports, device.clientId);

  return view(id, certificates[id] as DeviceCertificate);
}

/** The newest first. */
export function certificatesOf({ certificates = {} }: DeviceRecord): CertificateView[] {
  return Object.entries(certificates)
    .map(([id, certificate]) => view(id, certificate))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Whether a device may log in with a certificate that the registry vouches for. */
export function mayLogInWith({ certificates }: DeviceRecord, id: string): 'yes' | 'unknown' | 'revoked' {
  const certificate = known(certificates, id);
  if (certificate === undefined) {
    return 'unknown';
  }

  return certificate.revokedAt === undefined ? 'yes' : 'revoked';
}

function known(certificates: DeviceRecord['certificates'] = {}, id: string): DeviceCertificate | undefined {
  return Object.hasOwn(certificates, id) ? certificates[id] : undefined;
}

function view(id: string, certificate: DeviceCertificate): CertificateView {
  return { id, ...certificate, state: certificate.revokedAt === undefined ? 'active' : 'revoked' };
}

function requireRoom(device: DeviceRecord): void {
  const active = certificatesOf(device).filter(({ state }) => state === 'active');
  if (active.length >= MAX_ACTIVE) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The device ${device.deviceId} has ${active.length} certificates, as many as it may: revoke one first.`,
    });
  }
}

function pruned(certificates: Readonly<Record<string, DeviceCertificate>>): Record<string, DeviceCertificate> {
  const revoked = Object.entries(certificates)
    .flatMap(([id, { revokedAt }]) => (revokedAt === undefined ? [] : [{ id, revokedAt }]))
    .sort((a, b) => (a.revokedAt < b.revokedAt ? 1 : -1));
  const dropped = new Set(revoked.slice(MAX_REVOKED).map(({ id }) => id));

  return Object.fromEntries(Object.entries(certificates).filter(([id]) => !dropped.has(id)));
}

async function change(
  { findDevice, saveCertificates }: CertificatePorts,
  clientId: string,
  { product, deviceId }: DeviceRecord,
  next: (device: DeviceRecord) => Readonly<Record<string, DeviceCertificate>>,
): Promise<Readonly<Record<string, DeviceCertificate>>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const device = await findDevice(clientId);
    if (device === undefined) {
      throw noDevice(product, deviceId);
    }
    const certificates = next(device);
    const revision = device.certificatesRevision;
    if (await saveCertificates(clientId, { certificates, certificatesRevision: (revision ?? 0) + 1 }, revision)) {
      return certificates;
    }
  }
  throw new Refusal('CAUSEWAY.0409', {
    message: `The certificates of the device ${deviceId} are being changed by others: try again.`,
  });
}
