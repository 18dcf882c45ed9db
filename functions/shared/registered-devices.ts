import { Refusal } from '../../core/errors.ts';
import { noDevice } from '../../core/link/change-device.ts';
import { clientIdOf } from '../../core/link/client-id.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import type { DeviceProduct } from '../../core/link/register-device.ts';
import type { SearchDevicesPorts } from '../../core/link/search-devices.ts';
import type { NamedModel } from '../../core/link/topology.ts';
import { environment } from './environment.ts';
import { type CatalogItem, catalogTable, devicesAndEntries, deviceTable } from './tables.ts';

/** A product, as its stack declared it in the catalogue. */
export interface CatalogProduct extends DeviceProduct {
  /** ARN of the secret that holds the passwords of its fixed devices; absent when it has none. */
  readonly devicesSecret?: string;
}

/** The same with how gateways name it; empty where its stack says nothing. */
export type ListedProduct = CatalogProduct & NamedModel;

export interface DeviceLookup {
  readonly findProduct: (name: string) => Promise<CatalogProduct | undefined>;
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
}

export function deviceLookup(): DeviceLookup {
  const devices = deviceTable();
  const catalog = catalogTable();

  return {
    findProduct: async (name) => productOf(await catalog.get({ kind: 'product', name })),
    findDevice: (clientId) => devices.get({ clientId }),
  };
}

/** One page of the devices that the index has under a term, in order of their physical ids; those that are gone are left out. */
export const devicesUnder: SearchDevicesPorts['devicesUnder'] = async (term, page) => {
  const { items, next } = await devicesAndEntries().query({ term }, { index: 'byTerm', ...page });
  // Of a state the index has the devices themselves, of tags and gateways entries that name them.
  const found = await Promise.all(
    items.map((item) => ('of' in item ? deviceTable().get({ clientId: item.of }) : item)),
  );

  return { items: found.filter((device) => device !== undefined), ...(next === undefined ? {} : { next }) };
};

/** @throws Refusal CAUSEWAY.0404 */
export async function productNamed(
  { findProduct }: Pick<DeviceLookup, 'findProduct'>,
  name = '',
): Promise<CatalogProduct> {
  const product = await findProduct(name);
  if (product === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no product ${name}.` });
  }

  return product;
}

/** The device that a path names by `{product}` and `{device}`. @throws Refusal CAUSEWAY.0404 */
export async function deviceNamed(
  lookup: DeviceLookup,
  path: Readonly<Record<string, string>>,
): Promise<{ readonly product: CatalogProduct; readonly device: DeviceRecord }> {
  const product = await productNamed(lookup, path['product']);
  const deviceId = path['device'] ?? '';
  const { productId } = product;
  const clientId = clientIdOf({ environment: environment('CAUSEWAY_ENVIRONMENT'), productId, deviceId });
  const device = await lookup.findDevice(clientId);
  if (device === undefined) {
    throw noDevice(product.product, deviceId);
  }

  return { product, device };
}

export function productOf(item: CatalogItem | undefined): ListedProduct | undefined {
  if (item === undefined) {
    return undefined;
  }
  const { productId, app, type, devicesSecret, model = '', manufacturer } = item.document;
  const { id = '', name = '' } = (manufacturer ?? {}) as { readonly id?: string; readonly name?: string };

  return {
    product: item.name,
    productId: String(productId),
    app: String(app),
    manufacturerId: String(id),
    manufacturerName: String(name),
    model: String(model),
    ...(type === 'gateway' ? { type } : {}),
    ...(typeof devicesSecret === 'string' ? { devicesSecret } : {}),
  };
}
