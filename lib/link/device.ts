import { Construct } from 'constructs';
import { checkDevice, type DeviceDeclaration } from '../../core/link/device.ts';
import type { Product } from './product.ts';

export interface DeviceProps extends Omit<DeviceDeclaration, 'device'> {
  /** What kind of device it is. */
  readonly product: Product;
  /**
   * What the device calls itself (IMEI, MAC, a number on the housing): 2 to 64 letters, digits, `_` or `-`. The last level of its topics.
   * @default - the construct's id
   */
  readonly device?: string;
}

/** A device that is there from the start, its password made at deployment. Others are registered at run time (`causeway device register`). */
export class Device extends Construct {
  constructor(scope: Construct, id: string, props: DeviceProps) {
    super(scope, id);
    const { product, device = id, ...description } = props;
    product.addDevice(this, checkDevice(this.node.path, { device, ...description }));
  }
}
