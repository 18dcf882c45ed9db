import { Buffer } from 'node:buffer';
import type { Log } from '../log.ts';
import type { ConnectionEntry, ConnectionJournal } from './connection-journal.ts';
import type { DisconnectReason } from './reason.ts';

export interface LifeCyclePorts {
  readonly journal: ConnectionJournal;
  /** To subscribers and rules; resolves when the rules have taken it. */
  publish(topic: string, payload: Buffer): Promise<void>;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface BegunConnection {
  readonly clientId: string;
  readonly sessionIdentifier: string;
  readonly principalIdentifier: string;
  readonly ipAddress: string;
}

/** Filters that a client has subscribed to, those it was granted. */
export interface BegunSubscription {
  readonly clientId: string;
  readonly sessionIdentifier: string;
  readonly principalIdentifier: string;
  readonly topics: readonly string[];
}

/** Events that are handed on at a time: a storm of log-ins needs the processor for itself, and what is told of it can wait. */
const AT_ONCE = 2;
/** "If a client isn't connected for approximately one hour, the version number is reset to 0." */
const VERSION_KEPT_MS = 3_600_000;

/**
 * AWS IoT's life-cycle events: `$aws/events/presence/connected/<client id>`, `…/disconnected/…` and `$aws/events/subscriptions/subscribed/…`. Nothing
 * waits for them. What a killed runtime had not said of connections, it says at its next start; clients that come back subscribe again.
 * https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */
export class LifeCycle {
  readonly #ports: LifeCyclePorts;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #closed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(ports: LifeCyclePorts) {
    this.#ports = ports;
  }

  /** Ends, for those who listen, the connections that a killed runtime had, and says what it had no time to say. */
  recover(): void {
    const { journal, now } = this.#ports;
    for (const entry of journal.entries()) {
      if (entry.disconnectReason === undefined) this.ended(entry.clientId, 'SERVER_ERROR');
      else if (!entry.told) this.#tell(entry);
      else if (now() - entry.timestamp > VERSION_KEPT_MS) journal.forget(entry.clientId);
    }
  }

  begun(connection: BegunConnection): void {
    const { journal, now } = this.#ports;
    const timestamp = now();
    const before = journal.find(connection.clientId);
    const fresh = before === undefined || (isOver(before) && timestamp - before.timestamp > VERSION_KEPT_MS);

    this.#note({ ...connection, timestamp, versionNumber: fresh ? 0 : before.versionNumber + 1, told: false });
  }

  ended(clientId: string, disconnectReason: DisconnectReason): void {
    const entry = this.#ports.journal.find(clientId);
    if (entry === undefined || isOver(entry)) return;

    this.#note({ ...entry, timestamp: this.#ports.now(), disconnectReason, told: false });
  }

  subscribed({ clientId, sessionIdentifier, principalIdentifier, topics }: BegunSubscription): void {
    const event = { clientId, timestamp: this.#ports.now(), eventType: 'subscribed' };
    const payload = { ...event, sessionIdentifier, principalIdentifier, topics };
    this.#say(clientId, () => this.#publish(`subscriptions/subscribed/${clientId}`, payload));
  }

  /** Waits until everything is said, for so long at most; says nothing more after that. */
  async close(milliseconds: number): Promise<void> {
    if (this.#running > 0) {
      this.#idle = Promise.withResolvers();
      const timer = setTimeout(() => this.#idle?.resolve(), milliseconds);
      await this.#idle.promise;
      clearTimeout(timer);
    }
    this.#closed = true;
    this.#ports.journal.close();
  }

  #note(entry: ConnectionEntry): void {
    this.#ports.journal.note(entry);
    this.#tell(entry);
  }

  #tell(entry: ConnectionEntry): void {
    const payload = payloadOf(entry);
    this.#say(entry.clientId, async () => {
      const taken = await this.#publish(`presence/${payload.eventType}/${entry.clientId}`, payload);
      if (taken && !this.#closed) this.#ports.journal.told(entry);
    });
  }

  #say(clientId: string, telling: () => Promise<unknown>): void {
    // "Client IDs that contain # or + do not receive lifecycle events."
    if (/[#+]/.test(clientId)) return;
    this.#waiting.push(async () => void (await telling()));
    if (this.#running < AT_ONCE) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running += 1;
    for (let telling = this.#waiting.shift(); telling !== undefined && !this.#closed; telling = this.#waiting.shift()) {
      await telling();
    }
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.resolve();
  }

  async #publish(topic: string, payload: { readonly clientId: string; readonly eventType: string }): Promise<boolean> {
    const { publish, log } = this.#ports;
    try {
      await publish(`$aws/events/${topic}`, Buffer.from(JSON.stringify(payload)));

      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { clientId, eventType } = payload;
      log.warn('life-cycle event not taken', { clientId, eventType, reason });

      return false;
    }
  }
}

function isOver({ disconnectReason }: ConnectionEntry): boolean {
  return disconnectReason !== undefined;
}

function payloadOf(entry: ConnectionEntry) {
  const { clientId, timestamp, sessionIdentifier, principalIdentifier, ipAddress, versionNumber, disconnectReason } =
    entry;
  const shared = { clientId, timestamp };
  const identifiers = { sessionIdentifier, principalIdentifier };
  if (disconnectReason === undefined) {
    return { ...shared, eventType: 'connected', ...identifiers, ipAddress, versionNumber };
  }

  return {
    ...shared,
    eventType: 'disconnected',
    clientInitiatedDisconnect: disconnectReason === 'CLIENT_INITIATED_DISCONNECT',
    ...identifiers,
    disconnectReason,
    versionNumber,
  };
}
