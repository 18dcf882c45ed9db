import { Refusal } from '../errors.ts';
import { clientIdOf } from './client-id.ts';
import { checkDevice, type DeviceRecord } from './device.ts';
import { type DeviceProduct, deviceRecord, type RegisterDevicePorts } from './register-device.ts';

/** A product as the catalogue knows it, by what gateways name it. */
export interface NamedModel extends DeviceProduct {
  readonly manufacturerId: string;
  readonly manufacturerName: string;
  readonly model: string;
}

export interface TopologyPorts extends Pick<RegisterDevicePorts, 'addDevice' | 'addThing' | 'now'> {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
}

/** A device to be put behind a gateway. */
export interface SubDevice {
  readonly product: DeviceProduct;
  readonly device: string;
  readonly name?: string;
  readonly description?: string;
}

/**
 * Registers a device behind a gateway. It has no log-in: its gateway speaks for it. Doing it again changes nothing.
 *
 * @throws Refusal CAUSEWAY.0409 for a device that is there and not behind this gateway: nothing is taken over; CAUSEWAY.0412 for a product of
 *   another app, or of gateways; InvalidSetting for what describes it wrongly
 */
export async function addSubDevice(
  ports: TopologyPorts,
  { environment, gateway }: { readonly environment: string; readonly gateway: DeviceRecord },
  { product, ...declaration }: SubDevice,
): Promise<DeviceRecord> {
  if (product.type === 'gateway' || product.app !== gateway.app) {
    const what = product.type === 'gateway' ? 'a product of gateways' : `of the app ${product.app}`;
    throw new Refusal('CAUSEWAY.0412', {
      message: `The product ${product.product} is ${what}: behind a gateway are devices of other products of its app, ${gateway.app}.`,
    });
  }
  const device = checkDevice('device', declaration);
  const thing = { productId: product.productId, deviceId: device.device };
  const clientId = clientIdOf({ environment, ...thing });
  const known = await ports.findDevice(clientId);
  if (known !== undefined) {
    return ours(known, gateway);
  }
  await ports.addThing({ clientId, ...thing });
  const record: DeviceRecord = {
    // No hash is that of a password.
    ...deviceRecord({ clientId, product, device, passwordHash: '', at: ports.now() }),
    nodeType: 'sub-device',
    gateway: gateway.clientId,
  };
  if (await ports.addDevice(record)) {
    return record;
  }
  const other = await ports.findDevice(clientId);

  return other === undefined ? record : ours(other, gateway);
}

/**
 * The product that a gateway means.
 *
 * @throws Refusal CAUSEWAY.0404 when there is none, or not only one
 */
export function productOfModel(
  products: readonly NamedModel[],
  app: string,
  { manufacturerId, model }: { readonly manufacturerId: string; readonly model: string },
): NamedModel {
  const found = products.filter(
    (product) => product.app === app && product.manufacturerId === manufacturerId && product.model === model,
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const many = found.map(({ product }) => product).join(', ');
    throw new Refusal('CAUSEWAY.0404', {
      message: `The app ${app} has ${only === undefined ? 'no product' : `several products (${many})`} of the manufacturer ${manufacturerId} and the model ${model}.`,
    });
  }

  return only;
}

/** What a gateway is told when a device behind it is removed. @param id any whole number */
export function removalNotice(
  { clientId, gateway }: Pick<DeviceRecord, 'clientId' | 'gateway'>,
  { manufacturerName = '', manufacturerId = '', model = '' }: Partial<NamedModel>,
  { id, now }: { readonly id: number; readonly now: Date },
): { readonly topic: string; readonly payload: string } {
  const request = { manufacturerName, manufacturerId, model };

  return {
    topic: `/v1/devices/${gateway}/topo/delete`,
    payload: JSON.stringify({ id, deviceId: clientId, requestTime: now.getTime(), request }),
  };
}

function ours(device: DeviceRecord, gateway: DeviceRecord): DeviceRecord {
  if (device.gateway === gateway.clientId) {
    return device;
  }
  const where = device.gateway === undefined ? 'it stands for itself' : 'it stands behind another gateway';
  throw new Refusal('CAUSEWAY.0409', {
    message: `The device ${device.deviceId} of the product ${device.product} is registered already: ${where}.`,
  });
}
