import mqtt, { type MqttClient } from 'mqtt';
import { inParallel } from '../../cli/simulation/in-parallel.ts';
import type { DeviceLogin, LocalFile } from '../../test/acceptance/platform.ts';

/** Registrations at a time; each hashes a password. */
const REGISTRATIONS = 8;
/** What a device that was refused waits before its next attempt. Its own patience with a broker that is busy is longer than the bench. */
const RETRY_MS = 1000;
const PATIENCE_MS = 120_000;

export interface FleetLogin {
  readonly clients: readonly MqttClient[];
  /** From the moment all began to the CONNACK of each, in order of their arrival. */
  readonly ms: readonly number[];
  /** Attempts that were refused or lost before a device got in. */
  readonly failedAttempts: number;
}

/** Registers so many devices of a product at run time, as `causeway device register` does. */
export function registerFleet({ management }: LocalFile, product: string, count: number): Promise<DeviceLogin[]> {
  const names = Array.from({ length: count }, (_, i) => `BENCH-${i}`);

  return inParallel(names, REGISTRATIONS, async (device) => {
    const answer = await fetch(`${management.url}/devices`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${management.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ product, device }),
    });

    return (await answer.json()) as DeviceLogin;
  });
}

/** Connects all devices at the same moment and waits until every one of them is in. */
export async function logInFleet({ mqtt: { url } }: LocalFile, devices: readonly DeviceLogin[]): Promise<FleetLogin> {
  const began = performance.now();
  const ms: number[] = [];
  let failedAttempts = 0;
  const clients = devices.map(({ clientId, username, password }) =>
    mqtt.connect(url, {
      ...{ clientId, username, password },
      protocolVersion: 4,
      keepalive: 600,
      reconnectPeriod: RETRY_MS,
      reconnectOnConnackError: true,
      connectTimeout: PATIENCE_MS,
    }),
  );
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          client.on('error', () => {
            failedAttempts += 1;
          });
          client.once('connect', () => {
            ms.push(performance.now() - began);
            resolve();
          });
        }),
    ),
  );

  return { clients, ms, failedAttempts };
}
