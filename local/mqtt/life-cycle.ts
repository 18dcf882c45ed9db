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

/** Events that are handed on at a time: a storm of log-ins needs the processor for itself, and what is told of it can wait. */
const AT_ONCE = 2;
/** "If a client isn't connected for approximately one hour, the version number is reset to 0." */
const VERSION_KEPT_MS = 3_600_000;

/**
 * AWS IoT's life-cycle events of connections: `$aws/events/presence/connected/<client id>` and `…/disconnected/…`. Nothing waits for them. What
 * a killed runtime had not said, it says at its next start.
 * https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */
export class LifeCycle {
  readonly #ports: LifeCyclePorts;
  readonly #waiting: ConnectionEntry[] = [];
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
    // "Client IDs that contain # or + do not receive lifecycle events."
    if (/[#+]/.test(entry.clientId)) return;
    this.#waiting.push(entry);
    if (this.#running < AT_ONCE) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running += 1;
    for (let entry = this.#waiting.shift(); entry !== undefined && !this.#closed; entry = this.#waiting.shift()) {
      await this.#publish(entry);
    }
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.resolve();
  }

  async #publish(entry: ConnectionEntry): Promise<void> {
    const { publish, journal, log } = this.#ports;
    const payload = payloadOf(entry);
    try {
      await publish(
        `$aws/events/presence/${payload.eventType}/${entry.clientId}`,
        Buffer.from(JSON.stringify(payload)),
      );
      if (!this.#closed) journal.told(entry);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('life-cycle event not taken', { clientId: entry.clientId, eventType: payload.eventType, reason });
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
