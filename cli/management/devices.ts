import type { Calls } from './calls.ts';

export interface Device {
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly username?: string;
  readonly publish?: string;
  readonly subscribe?: string;
  readonly name?: string;
  readonly app?: string;
  readonly enabled: boolean;
  /** Declared in a stack. */
  readonly fixed?: boolean;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly registeredAt?: string;
  readonly presence: DevicePresence;
}

export interface DevicePresence {
  readonly state: 'never' | 'online' | 'offline';
  /** When it came or went: ISO 8601, UTC. */
  readonly since?: string;
  /** Why it went, as AWS IoT names it. */
  readonly reason?: string;
}

/** Which devices; what is left out does not matter. */
export interface DeviceQuery {
  readonly product?: string;
  /** All of them. */
  readonly tags?: readonly string[];
  readonly state?: DevicePresence['state'] | 'disabled';
  readonly text?: string;
}

export interface DevicePage {
  readonly items: readonly Device[];
  /** Absent at the end. */
  readonly next?: string;
}

export interface DeviceSearchOperations {
  /** One page of at most 200; an empty one with `next` has only not found anything yet. */
  devicePage(query: DeviceQuery, limit: number, next?: string): Promise<DevicePage>;
}

export function deviceSearchOperations({ ask }: Calls): DeviceSearchOperations {
  return {
    devicePage: ({ product, tags, state, text }, limit, next) =>
      ask('/devices', {
        ...(product === undefined ? {} : { product }),
        ...(tags === undefined ? {} : { tags: tags.join(';') }),
        ...(state === undefined ? {} : { state }),
        ...(text === undefined ? {} : { text }),
        limit: String(limit),
        ...(next === undefined ? {} : { next }),
      }) as Promise<DevicePage>,
  };
}
