import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManagementRefused } from '../errors.ts';
import type { DeviceCredentials } from '../management-client.ts';
import { writePrivate } from '../platform/local-file.ts';
import type { Platform } from '../platform/platform.ts';
import { inParallel } from './in-parallel.ts';

/** Passwords are told once, at registration: they are kept here, by instance and product, for the next simulation. */
const FILE = 'simulate.json';

type Memory = Record<string /* instance id */, Record<string /* product */, DeviceCredentials[]>>;

const CONFLICT = 409;
/** Registrations at a time: each hashes a password, and IoT Core takes a limited number of things a second. */
const REGISTRATIONS = 8;

/**
 * Credentials of `count` devices of a product: the integration's fixed ones where they are known, then those of earlier
 * simulations, then new ones, registered as SIM-0001, SIM-0002, …
 */
export async function recruit(
  platform: Platform,
  { product, count, onRegistered }: { product: string; count: number; onRegistered: (registered: number) => void },
): Promise<DeviceCredentials[]> {
  const { id } = await platform.client.instance();
  const memory = readMemory(platform.memory);
  const remembered = memory[id]?.[product] ?? [];
  const fixed = (platform.local?.devices ?? []).filter((device) => device.product === product);
  const known = [...fixed, ...remembered].slice(0, count);
  const missing = count - known.length;
  if (missing === 0) {
    return known;
  }

  const taken = new Set(remembered.map(({ device }) => device));
  const registered: DeviceCredentials[] = [];
  let number = 0;
  const nextName = () => {
    do number += 1;
    while (taken.has(name(number)));
    return name(number);
  };
  try {
    await inParallel(Array.from({ length: missing }), REGISTRATIONS, async () => {
      registered.push(await registerUnder(platform, product, nextName));
      onRegistered(registered.length);
    });
  } finally {
    // Also after a failure: whose password is not kept is lost for good.
    writePrivate(platform.memory, FILE, {
      ...memory,
      [id]: { ...memory[id], [product]: [...remembered, ...registered] },
    });
  }
  return [...known, ...registered];
}

/** A name that someone registered before, and whose password is therefore unknown, is left alone. */
async function registerUnder(platform: Platform, product: string, nextName: () => string): Promise<DeviceCredentials> {
  for (;;) {
    try {
      return await platform.client.registerDevice({ product, device: nextName(), tags: ['simulated'] });
    } catch (error) {
      if (!(error instanceof ManagementRefused && error.status === CONFLICT)) throw error;
    }
  }
}

function name(number: number): string {
  return `SIM-${String(number).padStart(4, '0')}`;
}

function readMemory(folder: string): Memory {
  const file = join(folder, FILE);

  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Memory) : {};
}
