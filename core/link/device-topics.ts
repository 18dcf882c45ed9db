/** The two topics of a device. */
export interface DeviceTopics {
  /** Where the device reports. */
  readonly publish: string;
  /** Where the device is spoken to. */
  readonly subscribe: string;
}

/** `{product}/out/{device}` and `{product}/in/{device}`, as in the reference system. */
export function deviceTopics({ productId, deviceId }: { productId: string; deviceId: string }): DeviceTopics {
  return { publish: `${productId}/out/${deviceId}`, subscribe: `${productId}/in/${deviceId}` };
}
