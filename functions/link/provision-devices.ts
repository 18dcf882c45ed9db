import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceDeclaration } from '../../core/link/device.ts';
import { hashPassword, verifyPassword } from '../../core/link/password.ts';
import {
  type DeclaredDevices,
  type DevicesSecret,
  type ProvisionDevicesPorts,
  provisionDevices,
  removeDevices,
} from '../../core/link/provision-devices.ts';
import { cutConnection } from '../shared/connections.ts';
import { booleanProperty, type CustomResourceHandler, customResource } from '../shared/custom-resource.ts';
import { environment } from '../shared/environment.ts';
import { readSecret, writeSecret } from '../shared/secrets.ts';
import { deviceTable, deviceWriter } from '../shared/tables.ts';
import { things } from '../shared/things.ts';

/** Properties of the custom resource, as they arrive: booleans are text. */
export interface DevicesProperties {
  /** The product's name. */
  readonly Product: string;
  readonly ProductId: string;
  readonly App: string;
  /** Of the product; absent for devices that stand for themselves only. */
  readonly Type?: 'gateway';
  /** Where the devices' credentials go: `{"devices":[{product,device,clientId,username,password,publish,subscribe}]}`. */
  readonly SecretArn: string;
  readonly Devices?: readonly (Omit<DeviceDeclaration, 'enabled'> & { readonly enabled?: string | boolean })[];
}

/** The fixed devices of a product: a stack's devices are registered, changed and removed with it. */
export const handler = devicesResource(awsPorts);

export function devicesResource(portsFor: (secretArn: string) => ProvisionDevicesPorts): CustomResourceHandler {
  return customResource<DevicesProperties>({
    async create({ properties, physicalId }) {
      await provisionDevices(portsFor(properties.SecretArn), physicalId, declaredBy(properties));

      return {};
    },
    async update({ properties, oldProperties, physicalId }) {
      const ports = portsFor(properties.SecretArn);
      await provisionDevices(ports, physicalId, declaredBy(properties), declaredBy(oldProperties));

      return {};
    },
    async delete({ properties, physicalId }) {
      await removeDevices(portsFor(properties.SecretArn), physicalId, declaredBy(properties));
    },
  });
}

function declaredBy({ Product, ProductId, App, Type, Devices = [] }: DevicesProperties): DeclaredDevices {
  return {
    environment: environment('CAUSEWAY_ENVIRONMENT'),
    product: { product: Product, productId: ProductId, app: App, ...(Type === undefined ? {} : { type: Type }) },
    devices: Devices.map(({ enabled = true, ...device }) => ({
      ...device,
      enabled: booleanProperty(`device ${device.device}: enabled`, enabled),
    })),
  };
}

function awsPorts(secretArn: string): ProvisionDevicesPorts {
  const devices = deviceTable();
  const registry = things();

  return {
    readSecret: async () => {
      const secret = await readSecret<DevicesSecret>(secretArn);

      return Array.isArray(secret?.devices) ? secret : undefined;
    },
    writeSecret: (secret) => writeSecret(secretArn, secret),
    findDevice: (clientId) => devices.get({ clientId }),
    ...deviceWriter(),
    addThing: registry.add,
    removeThing: registry.remove,
    cutConnection,
    pause,
    hashPassword,
    verifyPassword,
    now: () => new Date(),
  };
}
