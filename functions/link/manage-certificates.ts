import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceRecord } from '../../core/link/device.ts';
import {
  type CertificatePorts,
  certificatesOf,
  createCertificate,
  revokeCertificate,
} from '../../core/link/device-certificates.ts';
import { deviceTopics } from '../../core/link/device-topics.ts';
import { certificates } from '../shared/certificates.ts';
import { cutConnection } from '../shared/connections.ts';
import { environment } from '../shared/environment.ts';
import { created, type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { type DeviceLookup, deviceLookup, deviceNamed } from '../shared/registered-devices.ts';
import { deviceTable } from '../shared/tables.ts';
import { type MqttEndpoint, things } from '../shared/things.ts';

export interface ManageCertificatesPorts extends CertificatePorts, DeviceLookup {
  /** Where devices with certificates connect. */
  readonly mqttEndpoint: () => Promise<MqttEndpoint>;
}

/** `/devices/{product}/{device}/certificates` of the management API. */
export const handler = manageCertificates(awsPorts);

export function manageCertificates(portsOf: () => ManageCertificatesPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/devices/{product}/{device}/certificates',
      handler: async ({ path }) => ok({ items: certificatesOf((await deviceNamed(portsOf(), path)).device) }),
    }),
    route({
      method: 'POST',
      path: '/devices/{product}/{device}/certificates',
      handler: async ({ path }) => {
        const ports = portsOf();
        const { device } = await deviceNamed(ports, path);
        const mqtt = await ports.mqttEndpoint();
        const { product, deviceId, clientId } = device;
        const made = await createCertificate(ports, device);

        return created({ product, device: deviceId, clientId, ...deviceTopics(device), mqtt, ...made });
      },
    }),
    route({
      method: 'DELETE',
      path: '/devices/{product}/{device}/certificates/{certificate}',
      handler: async ({ path }) => {
        const ports = portsOf();
        const { device } = await deviceNamed(ports, path);

        return ok(await revokeCertificate(ports, device, path['certificate'] ?? ''));
      },
    }),
  ]);
}

function awsPorts(): ManageCertificatesPorts {
  const devices = deviceTable();
  const registry = certificates();

  return {
    ...deviceLookup(),
    saveCertificates: (clientId, changes, certificatesRevision) =>
      devices.update<DeviceRecord>({ clientId }, changes, { onlyIf: { certificatesRevision } }),
    makeCertificate: registry.make,
    revokeCertificate: registry.revoke,
    mqttEndpoint: () => things().mqttEndpoint(environment('MQTT_DOMAIN_CONFIGURATION')),
    cutConnection,
    pause,
    now: () => new Date(),
  };
}
