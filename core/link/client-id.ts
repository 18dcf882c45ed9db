import { createHash } from 'node:crypto';

/** What makes a device one device in an AWS account. */
export interface DeviceIdentity {
  /** Name of the platform's environment: two environments of one account must not kick each other's devices off. */
  readonly environment: string;
  readonly productId: string;
  /** The physical id: what is printed on the device. */
  readonly deviceId: string;
}

const DIGITS = 20;

/**
 * The MQTT client id of a device, also its user name and the name of its IoT thing: `d` and 20 hexadecimal digits.
 * A function of the identity, so that registering twice meets itself; alphanumeric, as the authorizer's `principalId` must be.
 */
export function clientIdOf({ environment, productId, deviceId }: DeviceIdentity): string {
  const digest = createHash('sha256').update(`${environment}/${productId}/${deviceId}`).digest('hex');

  return `d${digest.slice(0, DIGITS)}`;
}
