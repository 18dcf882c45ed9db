import { type Calls, path } from './calls.ts';
import type { Device, DevicePage } from './devices.ts';

/** A gateway, and one page of the devices behind it. */
export interface Gateway extends Device {
  readonly devices: readonly Device[];
  /** Absent at the end. */
  readonly next?: string;
}

export interface NewSubDevice {
  readonly product: string;
  readonly device: string;
  readonly name?: string;
  readonly description?: string;
}

export interface GatewayOperations {
  gateways(): Promise<readonly Device[]>;
  /** With all devices behind it. */
  gateway(product: string, device: string): Promise<Omit<Gateway, 'next'>>;
  addSubDevice(product: string, gateway: string, device: NewSubDevice): Promise<Device>;
}

const PAGE = { limit: '200' };

export function gatewayOperations({ ask, send, all }: Calls): GatewayOperations {
  return {
    gateways: () => all<DevicePage['items'][number]>('/gateways', PAGE),
    async gateway(product, device) {
      const devices: Device[] = [];
      for (let next: string | undefined; ; ) {
        const place = path`/gateways/${product}/${device}`;
        const page = (await ask(place, next === undefined ? PAGE : { ...PAGE, next })) as Gateway;
        const { next: more, ...gateway } = page;
        devices.push(...page.devices);
        next = more;
        if (next === undefined) {
          return { ...gateway, devices };
        }
      }
    },
    addSubDevice: (product, gateway, device) =>
      send('POST', path`/gateways/${product}/${gateway}/devices`, device) as Promise<Device>,
  };
}
