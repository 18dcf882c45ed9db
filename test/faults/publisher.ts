import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import type { DeviceCredentials } from '../../cli/management-client.ts';
import { payloadOf, type Sent } from './message.ts';

const PAUSE_MS = 500;

/**
 * A device that reports with QoS 1 and connects again whenever it is cut off. What it had in flight then is unknown for good: sending it
 * again would make a second message of it, as the platform counts, and hide what this is to find.
 */
export class Publisher {
  readonly credentials: DeviceCredentials;
  readonly #broker: string;
  readonly #logIn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #random: () => number;
  #client: MqttClient | undefined;
  #open = new Set<Sent>();
  #closed = false;
  acknowledged = 0;
  reconnections = -1;

  /** @param logIn holds back log-ins, of which the platform takes some at a time */
  constructor(
    broker: string,
    credentials: DeviceCredentials,
    { logIn, random }: { logIn: <T>(work: () => Promise<T>) => Promise<T>; random: () => number },
  ) {
    this.#broker = broker;
    this.credentials = credentials;
    this.#logIn = logIn;
    this.#random = random;
  }

  get ready(): boolean {
    return this.#client?.connected === true;
  }

  /** Messages whose PUBACK is awaited. */
  get open(): number {
    return this.#open.size;
  }

  /** Resolves when it is connected; from then on it comes back by itself. */
  async connect(): Promise<void> {
    while (!this.#closed && !this.ready) {
      const client = await this.#logIn(() => this.#attempt());
      if (client === undefined) {
        await sleep(PAUSE_MS * (0.5 + this.#random()));
        continue;
      }
      this.#client = client;
      this.reconnections += 1;
      client.once('close', () => this.#lost(client));
      if (!client.connected) this.#lost(client);
    }
  }

  publish(message: Sent): void {
    this.#open.add(message);
    const handed = performance.now();
    this.#client?.publish(this.credentials.publish, payloadOf(message), { qos: 1 }, (error) => {
      if (error || !this.#open.delete(message)) return;
      message.outcome = 'acknowledged';
      message.acknowledgedAfter = performance.now() - handed;
      this.acknowledged += 1;
    });
  }

  /** Bytes of no account; answers whether they were acknowledged. */
  publishBytes(payload: Buffer): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#client?.publish(this.credentials.publish, payload, { qos: 1 }, (error) => {
      if (!error) this.acknowledged += 1;
      resolve(!error);
    });

    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.endAsync(true);
  }

  async #attempt(): Promise<MqttClient | undefined> {
    if (this.#closed) return undefined; // while it waited for its turn
    const { promise, resolve } = Promise.withResolvers<MqttClient | undefined>();
    const { clientId, username, password } = this.credentials;
    const client = connect(this.#broker, {
      ...{ clientId, username, password },
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 20_000,
    });
    client.on('error', () => undefined);
    client.once('connect', () => resolve(client));
    client.once('close', () => {
      resolve(undefined);
      client.end(true);
    });

    return promise;
  }

  #lost(client: MqttClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    for (const message of this.#open) message.outcome = 'unknown';
    this.#open = new Set();
    void this.connect();
  }
}

/** Lets so many through at a time. */
export function gate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;

  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
