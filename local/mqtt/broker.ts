import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { RuleEngine } from '../engines.ts';
import type { Log } from '../log.ts';
import type { BrokerMetric } from './broker-metric.ts';
import type { Connection } from './connection.ts';
import type { ConnectionJournal } from './connection-journal.ts';
import { LifeCycle } from './life-cycle.ts';
import type { LoginRequest, LoginResult } from './login.ts';
import type { Publication } from './publication.ts';
import { throttled } from './publish-rate.ts';
import type { DisconnectReason } from './reason.ts';
import type { RetainedMessages } from './retained-messages.ts';
import { Session, type Subscription } from './session.ts';
import { TopicTree } from './topic-tree.ts';

export interface BrokerPorts {
  logIn(request: LoginRequest): Promise<LoginResult>;
  readonly rules: Pick<RuleEngine, 'accept'>;
  readonly retained: RetainedMessages;
  readonly journal: ConnectionJournal;
  count(metric: BrokerMetric): void;
  readonly log: Log;
}

export interface Publisher {
  readonly clientId: string;
  readonly principalId: string;
}

/** What does not come over MQTT comes from no client: AWS IoT's own messages, and those of its API. "or n/a if it wasn't sent over MQTT" */
const NO_CLIENT: Publisher = { clientId: 'n/a', principalId: 'n/a' };

/** Sessions by client id, who subscribed to what, and the way of a message to both subscribers and rules. */
export class Broker {
  readonly ports: BrokerPorts;
  readonly lifeCycle: LifeCycle;
  readonly #sessions = new Map<string, Session>();
  readonly #connections = new Map<string, Connection>();
  readonly #subscriptions = new TopicTree<Subscription>();

  constructor(ports: BrokerPorts) {
    this.ports = ports;
    const { journal, log } = ports;
    this.lifeCycle = new LifeCycle({
      journal,
      log,
      now: Date.now,
      publish: (topic, payload) => this.publish({ topic, payload, qos: 0, retain: false, properties: {} }),
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  connection(clientId: string): Connection | undefined {
    return this.#connections.get(clientId);
  }

  /**
   * Gives a client its session. An older connection of the same client id is cut off [MQTT-3.1.4-2].
   * @returns present: the client meets the session it left behind
   */
  attach(connection: Connection, clean: boolean): { session: Session; present: boolean } {
    const { clientId } = connection;
    this.#connections.get(clientId)?.end('DUPLICATE_CLIENTID', { reason: 'session-taken-over' });
    const left = this.#sessions.get(clientId);
    if (left !== undefined) clearTimeout(left.expiry);
    if (left !== undefined && clean) this.#forget(left);
    const session = (clean ? undefined : left) ?? new Session(clientId);
    this.#sessions.set(clientId, session);
    this.#connections.set(clientId, connection);

    return { session, present: session === left };
  }

  detach(connection: Connection, session: Session, reason: DisconnectReason): void {
    this.lifeCycle.ended(connection.clientId, reason);
    session.connection = undefined;
    this.#connections.delete(connection.clientId);
    if (session.expirySeconds === 0) this.#forget(session);
    else session.expiry = setTimeout(() => this.#forget(session), session.expirySeconds * 1000).unref();
  }

  subscribe(subscription: Subscription): void {
    const { session, filter } = subscription;
    this.unsubscribe(session, filter);
    session.subscriptions.set(filter, subscription);
    this.#subscriptions.add(filter, subscription);
  }

  unsubscribe(session: Session, filter: string): void {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined) return;
    session.subscriptions.delete(filter);
    this.#subscriptions.delete(filter, subscription);
  }

  /**
   * To subscribers at once, to the rules in the order of the calls. Resolves when the rules have taken the message, and the
   * retained copy is on disk.
   */
  async publish(publication: Publication, { clientId, principalId }: Publisher = NO_CLIENT): Promise<void> {
    const { topic, payload } = publication;
    const traceId = randomUUID();
    const taken = this.ports.rules.accept({
      topic,
      payload,
      clientId,
      principal: principalId,
      timestamp: Date.now(),
      traceId,
    });
    this.#deliver(publication, clientId);
    const kept = publication.retain ? this.ports.retained.keep(publication) : Promise.resolve(true);
    const [, retained] = await Promise.all([taken, kept]);
    if (!retained) {
      this.ports.log.warn('retained message refused: the account has as many as it may', { clientId, topic, traceId });
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) {
      connection.end('SERVER_INITIATED_DISCONNECT', { reason: 'server-shutting-down' });
    }
    for (const session of this.#sessions.values()) this.#forget(session);
  }

  /** Overlapping subscriptions of one client get one copy, at the best QoS of them. */
  #deliver(publication: Publication, publisher: string): void {
    const best = new Map<Session, Subscription>();
    for (const subscription of this.#subscriptions.match(publication.topic)) {
      if (subscription.noLocal && subscription.session.clientId === publisher) continue;
      const other = best.get(subscription.session);
      if (other === undefined || other.qos < subscription.qos) best.set(subscription.session, subscription);
    }
    if (best.size === 0) return;
    // A copy: the payload is a window of what the socket read, and may wait for an hour.
    const payload = Buffer.from(publication.payload);
    for (const [session, { qos, retainAsPublished }] of best) {
      if (this.#isThrottled(session, publication.topic)) continue;
      session.deliver({
        ...publication,
        payload,
        qos: Math.min(qos, publication.qos) as 0 | 1,
        retain: retainAsPublished && publication.retain,
      });
    }
  }

  /** Also for a session whose client is away: "This limit includes messages sent to offline persistent session." */
  #isThrottled({ clientId, outbound }: Session, topic: string): boolean {
    const rate = outbound.take();
    if (rate === 'accepted') return false;
    this.ports.count('PublishOut.Throttle');
    if (rate === 'first')
      this.ports.log.warn('message not delivered', { clientId, topic, reason: throttled(outbound.perSecond) });

    return true;
  }

  #forget(session: Session): void {
    clearTimeout(session.expiry);
    for (const filter of [...session.subscriptions.keys()]) this.unsubscribe(session, filter);
    if (this.#sessions.get(session.clientId) === session) this.#sessions.delete(session.clientId);
  }
}
