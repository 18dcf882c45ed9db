import mqtt from 'mqtt';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** A step whose message lies in the error store, because what would have taken it fails. */
export function keeps(
  { engines, buckets, patience }: WatchedPlatform,
  name: string,
  prefix: string,
  fail: () => () => void,
  act: () => Promise<unknown>,
): Step {
  const kept = async () => {
    const objects = await Promise.all(buckets.map((bucket) => engines.store.list(bucket, prefix)));

    return objects.flat().length;
  };

  return {
    name,
    async run() {
      const before = await kept();
      const mend = fail();
      try {
        void act().catch(() => undefined);
        await patience.until(name, async () => (await kept()) > before);
      } finally {
        mend();
      }
    },
    // What it makes fail must not fail for others: it is waited for.
    repeat: true,
  };
}

/** The id of a device's product. */
export function productOf({ devices }: WatchedPlatform, device: string): string {
  const [productId = ''] =
    devices()
      .find((one) => one.device === device)
      ?.publish.split('/') ?? [];

  return productId;
}

export async function connect(
  { mqtt: url, devices: current }: WatchedPlatform,
  device: string,
): Promise<mqtt.MqttClient> {
  // Not from the facts: a step may have given the device another password.
  const login = current().find((one) => one.device === device);

  return mqtt.connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false);
}

export async function publish(platform: WatchedPlatform, device: string, message: object): Promise<void> {
  const client = await connect(platform, device);
  try {
    const topic = platform.devices().find((one) => one.device === device)?.publish ?? '';
    await client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
  } finally {
    client.end(true);
  }
}
