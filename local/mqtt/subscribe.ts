import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from 'mqtt-packet';
import type { Broker } from './broker.ts';
import type { Connection } from './connection.ts';
import { LIMITS } from './limits.ts';
import type { Login } from './login.ts';
import type { Reason } from './reason.ts';
import type { Session } from './session.ts';
import { filterFault } from './topic-filter.ts';
import type { Wire } from './wire.ts';

export interface SubscribeContext {
  readonly connection: Connection;
  readonly session: Session;
  readonly login: Login;
  readonly broker: Broker;
  readonly wire: Wire;
}

/** Why the connection is cut off. */
export interface Fault {
  readonly reason: Reason;
  readonly detail: string;
}

/** `undefined` when the client got its SUBACK, with a grant or a refusal for each filter. */
export function subscribe(packet: ISubscribePacket, context: SubscribeContext): Fault | undefined {
  const { connection, session, broker, wire } = context;
  const { subscriptions, messageId = 0 } = packet;
  if (subscriptions.some(({ qos }) => qos === 2)) {
    return { reason: 'qos-not-supported', detail: 'a subscription with QoS 2: the broker answers no SUBACK' };
  }
  const added: { subscription: ISubscription; fresh: boolean }[] = [];
  const results = subscriptions.map((subscription): 0 | 1 | Reason => {
    const fault = subscriptionFault(subscription, subscriptions.length, context);
    if (fault !== undefined) {
      connection.log('warn', 'subscribe refused', { topic: subscription.topic, reason: fault.detail });
      return fault.reason;
    }
    const { topic: filter, qos, nl = false, rap = false } = subscription;
    const granted = qos === 1 ? 1 : 0;
    added.push({ subscription, fresh: !session.subscriptions.has(filter) });
    broker.subscribe({ session, filter, qos: granted, noLocal: nl, retainAsPublished: rap });
    return granted;
  });
  wire.suback(messageId, results);
  for (const { subscription, fresh } of added) sendRetained(subscription, fresh, context);
  if (added.length > 0) {
    broker.lifeCycle.subscribed({
      clientId: session.clientId,
      sessionIdentifier: session.identifier,
      principalIdentifier: context.login.principalId,
      topics: added.map(({ subscription }) => subscription.topic),
    });
  }

  return undefined;
}

export function unsubscribe(packet: IUnsubscribePacket, { session, broker, wire }: SubscribeContext): undefined {
  for (const filter of packet.unsubscriptions) broker.unsubscribe(session, filter);
  wire.unsuback(packet.messageId ?? 0, packet.unsubscriptions.length);
}

function subscriptionFault(
  { topic: filter }: ISubscription,
  requested: number,
  { session, login }: SubscribeContext,
): Fault | undefined {
  if (requested > LIMITS.subscriptionsPerRequest) {
    const detail = `a SUBSCRIBE has at most ${LIMITS.subscriptionsPerRequest} filters, not ${requested}`;
    return { reason: 'quota-exceeded', detail };
  }
  const fault = filterFault(filter);
  if (fault !== undefined) {
    const shared = filter.startsWith('$share/');
    return { reason: shared ? 'shared-subscriptions-not-supported' : 'topic-filter-invalid', detail: fault };
  }
  if (!login.allows('iot:Subscribe', filter)) {
    return { reason: 'not-authorized', detail: 'the policy does not allow iot:Subscribe' };
  }
  if (!session.subscriptions.has(filter) && session.subscriptions.size >= LIMITS.subscriptionsPerConnection) {
    const detail = `a connection has at most ${LIMITS.subscriptionsPerConnection} subscriptions`;
    return { reason: 'quota-exceeded', detail };
  }

  return undefined;
}

/**
 * "The topic filter must match the retained message topic exactly": with wildcards nothing retained comes. Retain handling of
 * MQTT 5: 0 always, 1 with a new subscription, 2 never [MQTT-3.3.1-9 …].
 */
function sendRetained(
  { topic, qos, rh = 0 }: ISubscription,
  fresh: boolean,
  { session, broker }: SubscribeContext,
): void {
  if (rh === 2 || (rh === 1 && !fresh)) return;
  const retained = broker.ports.retained.find(topic);
  if (retained === undefined) return;
  session.deliver({ ...retained, qos: Math.min(qos, retained.qos) as 0 | 1, retain: true });
}
