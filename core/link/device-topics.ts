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

/** Where a device publishes to its product's rule past the message broker. The rule has the product's id for a name. */
export function basicIngestTopic({ productId, deviceId }: { productId: string; deviceId: string }): string {
  return `$aws/rules/${productId}/${deviceTopics({ productId, deviceId }).publish}`;
}

/** Where any device answers commands: apart from what it reports, so that no forwarding rule takes an answer for a report. */
export function commandResponseTopic(clientId: string): string {
  return `/v1/devices/${clientId}/commandResponse`;
}

/** Where a gateway gets the commands for itself and for the devices behind it. */
export function gatewayCommandTopic(gateway: string): string {
  return `/v1/devices/${gateway}/command`;
}

/** Of a gateway, as in the reference system: `datas` and `topo/…` are its reports and requests, the rest is said to it. */
export function gatewayTopics(gateway: string): {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
} {
  const below = (names: readonly string[]) => names.map((name) => `/v1/devices/${gateway}/${name}`);

  return {
    publish: below(['datas', 'topo/add', 'topo/update', 'topo/query']),
    subscribe: below(['command', 'topo/addResponse', 'topo/updateResponse', 'topo/delete', 'topo/queryResponse']),
  };
}
