import { randomUUID } from 'node:crypto';
import { LIMITS } from './limits.ts';
import type { Publication } from './publication.ts';
import { PublishRate } from './publish-rate.ts';

export interface Subscription {
  readonly session: Session;
  readonly filter: string;
  readonly qos: 0 | 1;
  /** MQTT 5: the client's own messages do not come back; the retain flag stays as it was published. */
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
}

/** The connection of a session, as far as the session needs it. */
export interface SessionConnection {
  /** How many QoS 1 messages the client takes before it acknowledges one. */
  readonly receiveMaximum: number;
  /** False when the client may not receive the topic, or reads too slowly: the message is dropped and logged. */
  mayReceive(publication: Publication): boolean;
  write(messageId: number | undefined, dup: boolean, publication: Publication): void;
  dropped(publication: Publication, reason: string): void;
}

/**
 * What a client id keeps between packets, and, if its client asked for it, between connections: subscriptions and the QoS 1
 * messages it has not acknowledged. In memory only: a restart of the runtime ends every session (AWS: an hour after the
 * disconnect).
 */
export class Session {
  readonly clientId: string;
  /** "A globally unique identifier that exists for the life of the session." */
  readonly identifier = randomUUID();
  readonly subscriptions = new Map<string, Subscription>();
  /** Of what is sent to the client. */
  readonly outbound = new PublishRate(LIMITS.deliveriesPerSecond, Date.now);
  connection: SessionConnection | undefined;
  /** 0: ends with the connection. */
  expirySeconds = 0;
  expiry: NodeJS.Timeout | undefined;
  #nextId = 1;
  readonly #inFlight = new Map<number, Publication>();
  #waiting: Publication[] = [];

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  deliver(publication: Publication) {
    const { connection } = this;
    if (connection === undefined) {
      if (publication.qos === 1 && this.#waiting.length < LIMITS.queuedMessages) this.#waiting.push(publication);
      return;
    }
    if (!connection.mayReceive(publication)) return;
    if (publication.qos === 0) return connection.write(undefined, false, publication);
    if (this.#waiting.length >= LIMITS.queuedMessages) return connection.dropped(publication, 'its queue is full');
    this.#waiting.push(publication);
    this.#flush();
  }

  acknowledged(messageId: number): void {
    if (this.#inFlight.delete(messageId)) this.#flush();
  }

  /** What was sent and not acknowledged goes again, first and in its order. [MQTT-4.4.0-1] */
  resume(connection: SessionConnection): void {
    this.connection = connection;
    for (const [messageId, publication] of this.#inFlight) connection.write(messageId, true, publication);
    this.#flush();
  }

  #flush(): void {
    const { connection } = this;
    if (connection === undefined) return;
    while (this.#waiting.length > 0 && this.#inFlight.size < Math.min(connection.receiveMaximum, LIMITS.inFlight)) {
      const publication = this.#waiting.shift() as Publication;
      const messageId = this.#takeId();
      this.#inFlight.set(messageId, publication);
      connection.write(messageId, false, publication);
    }
  }

  #takeId(): number {
    while (this.#inFlight.has(this.#nextId)) this.#nextId = (this.#nextId % 65_535) + 1;
    const messageId = this.#nextId;
    this.#nextId = (this.#nextId % 65_535) + 1;

    return messageId;
  }
}
