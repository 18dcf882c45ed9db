import { beforeEach, expect, test } from '@jest/globals';
import type { DeviceRecord } from '../../../core/link/device.ts';
import {
  type CertificatePorts,
  certificatesOf,
  createCertificate,
  MAX_ACTIVE,
  mayLogInWith,
  revokeCertificate,
} from '../../../core/link/device-certificates.ts';

let device: DeviceRecord | undefined;
/** Runs before the next write, as if somebody else were faster. */
let meanwhile: (() => void) | undefined;
let clock: number;
let made: number;
const steps: string[] = [];

const ports: CertificatePorts = {
  findDevice: async () => device,
  saveCertificates: async (_, changes, revision) => {
    meanwhile?.();
    meanwhile = undefined;
    if (device === undefined || device.certificatesRevision !== revision) return false;
    device = { ...device, ...changes };
    steps.push('save');
    return true;
  },
  makeCertificate: async () => {
    made += 1;
    return { id: `c${made}`, certificatePem: 'PEM', privateKey: 'KEY', expiresAt: '2049-12-31T23:59:59.000Z' };
  },
  revokeCertificate: async (id) => void steps.push(`revoke ${id}`),
  cutConnection: async () => void steps.push('cut'),
  pause: async () => undefined,
  now: () => new Date(Date.UTC(2026, 10, 24, 10, 0, clock++)),
};
const current = () => device as DeviceRecord;

beforeEach(() => {
  device = { clientId: 'd1', product: 'ParkingSensor', deviceId: 'S-001' } as DeviceRecord;
  meanwhile = undefined;
  clock = 0;
  made = 0;
  steps.length = 0;
});

test('a certificate is the device’s from then on, and its key is kept nowhere', async () => {
  const certificate = await createCertificate(ports, current());

  expect(certificate).toEqual({
    id: 'c1',
    certificatePem: 'PEM',
    privateKey: 'KEY',
    createdAt: '2026-11-24T10:00:00.000Z',
    expiresAt: '2049-12-31T23:59:59.000Z',
  });
  expect(mayLogInWith(current(), 'c1')).toBe('yes');
  expect(mayLogInWith(current(), 'c2')).toBe('unknown');
  expect(mayLogInWith(current(), 'constructor')).toBe('unknown');
  expect(JSON.stringify(current())).not.toMatch(/KEY|PEM/);
});

test('a revoked certificate is refused first, then ended in the registry, then its device is cut off', async () => {
  await createCertificate(ports, current());
  steps.length = 0;

  expect(await revokeCertificate(ports, current(), 'c1')).toMatchObject({ id: 'c1', state: 'revoked' });

  expect(mayLogInWith(current(), 'c1')).toBe('revoked');
  expect(steps.slice(0, 3)).toEqual(['save', 'revoke c1', 'cut']);
});

test('revoking again repeats everything and keeps the first time', async () => {
  await createCertificate(ports, current());
  const first = await revokeCertificate(ports, current(), 'c1');
  steps.length = 0;

  expect(await revokeCertificate(ports, current(), 'c1')).toEqual(first);
  expect(steps).toContain('revoke c1');
  expect(steps).toContain('cut');
});

test('a certificate that others are added beside at the same moment loses none of them', async () => {
  meanwhile = () => {
    device = { ...current(), certificates: { other: { createdAt: '1', expiresAt: '2' } }, certificatesRevision: 7 };
  };

  await createCertificate(ports, current());

  expect(Object.keys(current().certificates ?? {})).toEqual(['other', 'c1']);
  expect(current().certificatesRevision).toBe(8);
});

test('a device has five at a time; revoked ones do not count, and the latest twenty of them are kept', async () => {
  for (let i = 0; i < MAX_ACTIVE; i += 1) await createCertificate(ports, current());
  await expect(createCertificate(ports, current())).rejects.toMatchObject({ code: 'CAUSEWAY.0412' });
  expect(made).toBe(MAX_ACTIVE);

  for (let i = 1; i <= 22; i += 1) {
    await revokeCertificate(ports, current(), `c${i}`);
    await createCertificate(ports, current());
  }

  const all = certificatesOf(current());
  expect(all.filter(({ state }) => state === 'active')).toHaveLength(MAX_ACTIVE);
  expect(all.filter(({ state }) => state === 'revoked')).toHaveLength(20);
  expect(mayLogInWith(current(), 'c1')).toBe('unknown');
});

test('a certificate that cannot be written down is ended again', async () => {
  const gone = current();
  device = undefined;

  await expect(createCertificate(ports, gone)).rejects.toMatchObject({ code: 'CAUSEWAY.0404' });
  expect(steps).toEqual(['revoke c1']);
});

test('a certificate of another device cannot be revoked', async () => {
  await expect(revokeCertificate(ports, current(), 'c9')).rejects.toMatchObject({ code: 'CAUSEWAY.0404' });
  expect(steps).toEqual([]);
});
