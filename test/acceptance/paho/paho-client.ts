import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DeviceLogin } from '../platform.ts';

/** What Paho's callbacks were told. */
export interface PahoEvent {
  readonly event: 'connected' | 'disconnected' | 'subscribed' | 'handed' | 'acknowledged' | 'message' | 'left';
  /** Of a CONNACK or the end of a connection. */
  readonly code?: number;
  /** Whether the broker had a session of this client. */
  readonly present?: boolean;
  readonly granted?: readonly number[];
  readonly mid?: number;
  readonly topic?: string;
  readonly payload?: string;
  readonly qos?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
}

export interface PahoConnect {
  readonly host: string;
  readonly port: number;
  readonly version: '3.1' | '3.1.1' | '5';
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** File with the authority to trust; without one there is no TLS. */
  readonly ca?: string;
  readonly clean?: boolean;
  /** Of the session, seconds; MQTT 5. */
  readonly expiry?: number;
  readonly will?: { readonly topic: string; readonly payload: string };
}

const WITHIN_MS = 25_000;
const MISSING = "Paho's client is missing: apt-get install python3-paho-mqtt (or pip install paho-mqtt)";

/** The system's Python has the system's packages; another one, first in the path, may not. */
export function pythonWithPaho(): string {
  const found = ['/usr/bin/python3', 'python3'].find((python) => {
    try {
      execFileSync(python, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new RangeError(MISSING);

  return found;
}

/** Paho's own client, in a process of its own. */
export class PahoClient {
  readonly events: PahoEvent[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  #changed = Promise.withResolvers<void>();
  #errors = '';

  constructor(python: string) {
    this.#process = spawn(python, ['-u', join(import.meta.dirname, 'puppet.py')]);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as PahoEvent);
      this.#wake();
    });
    this.#process.stderr.on('data', (chunk) => {
      this.#errors += chunk;
    });
    this.#process.on('exit', () => this.#wake());
    this.#process.stdin.on('error', () => undefined);
  }

  connect(order: PahoConnect): void {
    this.#order({ do: 'connect', ...order });
  }

  subscribe(topic: string, qos: 0 | 1 = 1): void {
    this.#order({ do: 'subscribe', topic, qos });
  }

  publish(topic: string, payload: string, qos: 0 | 1 = 1): void {
    this.#order({ do: 'publish', topic, payload, qos });
  }

  /** Says good-bye; then the process ends. */
  async leave(): Promise<void> {
    this.#order({ do: 'disconnect' });
    await this.until(({ event }) => event === 'left');
    this.#process.stdin.end();
  }

  /** As when its battery is empty. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Events of a kind, oldest first. */
  of(kind: PahoEvent['event']): PahoEvent[] {
    return this.events.filter(({ event }) => event === kind);
  }

  /**
   * Waits for so many events that satisfy, and answers the last of them.
   * @throws RangeError with what it met when its process has ended, or time is up
   */
  async until(satisfies: (event: PahoEvent) => boolean, count = 1): Promise<PahoEvent> {
    const end = performance.now() + WITHIN_MS;
    const timer = setTimeout(() => this.#wake(), WITHIN_MS);
    try {
      return await this.#met(satisfies, count, end);
    } finally {
      clearTimeout(timer);
    }
  }

  async #met(satisfies: (event: PahoEvent) => boolean, count: number, end: number): Promise<PahoEvent> {
    for (;;) {
      const met = this.events.filter(satisfies);
      if (met.length >= count) return met[count - 1] as PahoEvent;
      if (this.#process.exitCode !== null || this.#process.signalCode !== null)
        throw new RangeError(`Paho's process has ended: ${this.#errors}`);
      if (performance.now() >= end) throw new RangeError(`Paho met only ${JSON.stringify(this.events)}`);
      await this.#changed.promise;
    }
  }

  #order(order: object): void {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** How a device reaches a broker, with its password. */
export function credentials({ clientId, username, password }: DeviceLogin) {
  return { clientId, username, password };
}
