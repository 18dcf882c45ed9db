import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type IConnectPacket, type IPublishPacket, type Packet, type Parser, parser } from 'mqtt-packet';
import type { Broker } from './broker.ts';
import type { BrokerMetric } from './broker-metric.ts';
import { acceptConnect, type ConnectTerms } from './connect.ts';
import { KeepAlive } from './keep-alive.ts';
import { CONNECT_TIMEOUT_MS, LIMITS, MAXIMUM_PACKET_BYTES } from './limits.ts';
import type { ClientTls, Login } from './login.ts';
import { packetFault } from './packet-fault.ts';
import { forwarded, type Publication } from './publication.ts';
import { publishFault } from './publish-fault.ts';
import { PublishRate, throttled } from './publish-rate.ts';
import type { DisconnectReason, Reason } from './reason.ts';
import type { Session, SessionConnection } from './session.ts';
import { subscribe, unsubscribe } from './subscribe.ts';
import { Throughput } from './throughput.ts';
import { TopicAliases } from './topic-aliases.ts';
import { Wire } from './wire.ts';

/** Packets a client may send before it has its CONNACK, though AWS asks it to wait. */
const EARLY_PACKETS = 20;
/** A client that reads this slowly loses messages of QoS 0. */
const UNREAD_BYTES = 1024 * 1024;
/** A client that lets so much lie, a few bytes an answer, is not asked for more until it has read it: each waits in a piece of memory of its own. */
const UNREAD_ANSWERS_BYTES = 64 * 1024;

/** Why a client is not read from at the moment. */
type Hold = 'acknowledgements' | 'throughput' | 'unread';

/** A client that says good-bye takes its will with it [MQTT-3.14.4-3]; a runtime that stops has nobody to hear it. */
const WITHOUT_WILL: readonly DisconnectReason[] = ['CLIENT_INITIATED_DISCONNECT', 'SERVER_INITIATED_DISCONNECT'];

export interface EndOptions {
  /** Sent to a client of MQTT 5. */
  readonly reason?: Reason;
  /** For the log. */
  readonly detail?: string;
}

interface Connected {
  readonly terms: ConnectTerms;
  readonly session: Session;
  login: Login;
}

/** One client on one socket, from CONNECT to its end. */
export class Connection implements SessionConnection {
  readonly id = randomUUID();
  readonly tls: ClientTls | undefined;
  readonly #socket: Socket;
  readonly #broker: Broker;
  readonly #parser: Parser;
  readonly #rate = new PublishRate(LIMITS.publishesPerSecond, Date.now);
  readonly #inflow = new Throughput(performance.now.bind(performance));
  readonly #aliases = new TopicAliases();
  readonly #timers = new Set<NodeJS.Timeout>();
  #wire: Wire | undefined;
  #keepAlive: KeepAlive | undefined;
  #connect: IConnectPacket | undefined;
  #connected: Connected | undefined;
  #early: Packet[] = [];
  #unacknowledged = 0;
  readonly #held = new Set<Hold>();
  #ended = false;

  constructor(socket: Socket, tls: Connection['tls'], broker: Broker) {
    this.#socket = socket;
    this.#broker = broker;
    this.tls = tls;
    this.#parser = parser();
    this.#parser.on('packet', (packet) => this.#receive(packet));
    this.#parser.on('error', (error: Error) => this.#fail('protocol-error', error.message));
    this.#after(CONNECT_TIMEOUT_MS, () => setImmediate(() => this.#expectConnect()));
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('drain', () => this.#release('unread'));
    socket.on('error', (error) => this.end('CONNECTION_LOST', { detail: error.message }));
    socket.on('close', () => this.end('CONNECTION_LOST'));
  }

  get clientId(): string {
    return this.#connect?.clientId ?? '';
  }

  get login(): Login | undefined {
    return this.#connected?.login;
  }

  get receiveMaximum(): number {
    return this.#connect?.properties?.receiveMaximum ?? LIMITS.inFlight;
  }

  mayReceive(publication: Publication): boolean {
    if (this.login?.allows('iot:Receive', publication.topic) !== true) {
      this.dropped(publication, 'the policy does not allow iot:Receive');
      return false;
    }
    if (publication.qos === 0 && this.#socket.writableLength > UNREAD_BYTES) {
      this.dropped(publication, 'the client reads too slowly');
      return false;
    }

    return true;
  }

  write(messageId: number | undefined, dup: boolean, publication: Publication): void {
    this.#wire?.publish(messageId, dup, publication);
  }

  dropped({ topic }: Publication, reason: string): void {
    this.log('warn', 'message not delivered', { topic, reason });
  }

  log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#broker.ports.log[level](message, { clientId: this.clientId, connectionId: this.id, ...fields });
  }

  /** Ends the connection once, whoever asks first: the client, the network, the broker, a newer connection. */
  end(disconnectReason: DisconnectReason, { reason, detail }: EndOptions = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#keepAlive?.stop();
    if (reason !== undefined) this.#wire?.disconnect(reason);
    this.#socket.destroySoon();
    const connected = this.#connected;
    if (connected === undefined) return;

    this.#broker.detach(this, connected.session, disconnectReason);
    const discarded = this.#rate.discarded;
    this.log('info', 'disconnected', {
      disconnectReason,
      ...(detail === undefined ? {} : { detail }),
      ...(discarded === 0 ? {} : { discardedPublishes: discarded }),
    });
    if (!WITHOUT_WILL.includes(disconnectReason)) this.#publishWill(connected);
  }

  /** Of thousands that come at once, some are read late: a CONNECT that is there by now is not late. */
  #expectConnect(): void {
    if (this.#connect === undefined) this.#fail('protocol-error', 'no CONNECT in time');
  }

  #read(chunk: Buffer): void {
    try {
      const unread = this.#parser.parse(chunk);
      if (unread > MAXIMUM_PACKET_BYTES) this.#fail('packet-too-large', `a packet of more than ${unread} bytes`);
      this.#pace(chunk.length);
      if (this.#socket.writableLength > UNREAD_ANSWERS_BYTES) this.#hold('unread');
    } catch (error) {
      this.#fail('protocol-error', error instanceof Error ? error.message : String(error));
    }
  }

  #pace(bytes: number): void {
    const wait = this.#inflow.take(bytes);
    if (wait === 0 || this.#ended) return;
    this.#hold('throughput');
    this.#after(wait, () => this.#release('throughput'));
  }

  #hold(reason: Hold): void {
    this.#held.add(reason);
    this.#socket.pause();
  }

  #release(reason: Hold): void {
    this.#held.delete(reason);
    if (this.#held.size === 0) this.#socket.resume();
  }

  #receive(packet: Packet) {
    if (this.#ended) return;
    const fault = packetFault(packet);
    if (fault !== undefined) return this.#fail('malformed-packet', fault);
    if (this.#connect === undefined) {
      if (packet.cmd !== 'connect') return this.#fail('protocol-error', `${packet.cmd} before CONNECT`);
      this.#logIn(packet).catch((error: unknown) => this.#broken(error));
    } else if (this.#connected === undefined) {
      this.#early.push(packet);
      if (this.#early.length > EARLY_PACKETS) this.#fail('protocol-error', 'too many packets before the CONNACK');
    } else {
      this.#keepAlive?.heard();
      this.#handle(packet, this.#connected);
    }
  }

  async #logIn(packet: IConnectPacket): Promise<void> {
    this.#connect = packet;
    this.#wire = new Wire(this.#socket, packet.protocolVersion === 5 ? 5 : 4);
    const terms = acceptConnect(packet);
    if ('refused' in terms) return this.#refuse(terms.refused, terms.detail);
    const result = await this.#askAuthorizer(packet);
    if (this.#ended) return;
    if ('refused' in result) return this.#refuse('not-authorized', result.refused);
    if (!result.login.allows('iot:Connect', this.clientId)) {
      return this.#refuse('not-authorized', 'the policy does not allow iot:Connect for this client id');
    }

    const { session, present } = this.#broker.attach(this, terms.clean);
    session.expirySeconds = terms.sessionExpirySeconds;
    this.#connected = { terms, session, login: result.login };
    this.#watchLogin(packet, this.#connected);
    this.#keepAlive = new KeepAlive(terms.keepAliveSeconds, () =>
      this.end('MQTT_KEEP_ALIVE_TIMEOUT', { reason: 'keep-alive-timeout' }),
    );
    this.log('info', 'connected', {
      principalId: result.login.principalId,
      protocol: this.tls === undefined ? 'mqtt' : 'mqtts',
      version: this.#wire.version === 5 ? '5' : '3.1.1',
      sourcePort: this.#socket.remotePort,
    });
    this.#count('Connect.Success');
    this.#wire.connack(present, terms.properties);
    this.#broker.lifeCycle.begun({
      clientId: this.clientId,
      sessionIdentifier: session.identifier,
      principalIdentifier: result.login.principalId,
      ipAddress: this.#socket.remoteAddress ?? '',
    });
    session.resume(this);
    for (const early of this.#early.splice(0)) this.#receive(early);
  }

  #askAuthorizer({ clientId, username, password }: IConnectPacket) {
    const isGone = () => this.#ended;

    return this.#broker.ports.logIn({ connectionId: this.id, clientId, username, password, tls: this.tls, isGone });
  }

  /** The policies are asked for again when their time is up; the connection's own time is fixed at its start. */
  #watchLogin(packet: IConnectPacket, connected: Connected): void {
    this.#after(connected.login.disconnectAfterSeconds * 1000, () =>
      this.end('CUSTOMAUTH_TTL_EXPIRATION', { reason: 'maximum-connect-time' }),
    );
    const refresh = async () => {
      const result = await this.#askAuthorizer(packet);
      if ('refused' in result) {
        return this.end('AUTH_ERROR', { reason: 'not-authorized', detail: result.refused });
      }
      connected.login = result.login;
      refreshLater(result.login);
    };
    const refreshLater = ({ refreshAfterSeconds }: Login) =>
      this.#after(refreshAfterSeconds * 1000, () => refresh().catch((error: unknown) => this.#broken(error)));
    refreshLater(connected.login);
  }

  #handle(packet: Packet, connected: Connected) {
    switch (packet.cmd) {
      case 'publish':
        return this.#publish(packet, connected);
      case 'puback':
        return connected.session.acknowledged(packet.messageId ?? 0);
      case 'subscribe':
      case 'unsubscribe': {
        const context = { ...connected, connection: this, broker: this.#broker, wire: this.#wire as Wire };
        const fault = packet.cmd === 'subscribe' ? subscribe(packet, context) : unsubscribe(packet, context);
        return fault === undefined ? undefined : this.#fail(fault.reason, fault.detail);
      }
      case 'pingreq':
        return this.#wire?.pingresp();
      case 'disconnect': {
        const expiry = packet.properties?.sessionExpiryInterval;
        if (expiry !== undefined) {
          connected.session.expirySeconds = Math.min(expiry, LIMITS.sessionExpirySeconds);
        }
        // 0x04: the client leaves and wants its will published all the same.
        return this.end(packet.reasonCode === 0x04 ? 'CLIENT_ERROR' : 'CLIENT_INITIATED_DISCONNECT');
      }
      default:
        return this.#fail('protocol-error', `${packet.cmd} is not expected here`);
    }
  }

  #publish(packet: IPublishPacket, { login }: Connected) {
    const { qos, messageId, retain } = packet;
    const topic = this.#aliases.resolve(packet.topic, packet.properties?.topicAlias);
    if (topic === undefined) return this.#fail('topic-alias-invalid', 'the topic alias is not known');
    const refusal = publishFault(topic, packet, login);
    if (refusal !== undefined) {
      this.log('warn', 'publish refused', { topic, reason: refusal.detail });
      this.#count(refusal.reason === 'not-authorized' ? 'PublishIn.AuthError' : 'PublishIn.ClientError');
      return this.#fail(refusal.reason, refusal.detail);
    }
    const rate = this.#rate.take();
    if (rate === 'first') this.log('warn', 'publish throttled', { topic, reason: throttled(this.#rate.perSecond) });
    if (rate !== 'accepted') return this.#count('PublishIn.Throttle');

    const payload = packet.payload as Buffer;
    const properties = forwarded(packet.properties);
    const publisher = { clientId: this.clientId, principalId: login.principalId };
    const taken = this.#broker.publish({ topic, payload, retain, qos: qos === 1 ? 1 : 0, properties }, publisher);
    this.#acknowledge(taken, topic, qos === 1 ? messageId : undefined);
  }

  /** Only what the rules have taken is acknowledged; meanwhile a client that waits for too much is not read from. */
  #acknowledge(taken: Promise<void>, topic: string, messageId: number | undefined): void {
    this.#unacknowledged += 1;
    if (this.#unacknowledged === LIMITS.inFlight) this.#hold('acknowledgements');
    taken
      .then(
        () => {
          this.#count('PublishIn.Success');
          if (messageId !== undefined && !this.#ended) this.#wire?.puback(messageId);
        },
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          this.log('warn', 'publish not acknowledged', { topic, reason });
        },
      )
      .catch((error: unknown) => this.#broken(error))
      .finally(() => {
        this.#unacknowledged -= 1;
        if (this.#unacknowledged === LIMITS.inFlight - 1) this.#release('acknowledgements');
      });
  }

  #publishWill({ terms, login }: Connected) {
    const { will } = terms;
    if (will === undefined) return;
    const refusal = publishFault(will.topic, will, login);
    if (refusal !== undefined) {
      return this.log('warn', 'publish refused', { topic: will.topic, reason: refusal.detail, will: true });
    }
    const publisher = { clientId: this.clientId, principalId: login.principalId };
    this.#acknowledge(this.#broker.publish(will, publisher), will.topic, undefined);
  }

  #refuse(reason: Reason, detail: string): void {
    const username = this.#connect?.username;
    this.log('warn', 'refused', { ...(username === undefined ? {} : { username }), reason: detail });
    this.#count(reason === 'not-authorized' ? 'Connect.AuthError' : 'Connect.ClientError');
    this.#wire?.refuse(reason);
    this.end('AUTH_ERROR');
  }

  #fail(reason: Reason, detail: string): void {
    if (this.#connected === undefined && !this.#ended) this.log('warn', 'refused', { reason: detail });
    this.end(reason === 'not-authorized' ? 'FORBIDDEN_ACCESS' : 'CLIENT_ERROR', { reason, detail });
  }

  /** A fault of ours costs this connection, and no other. */
  #broken(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.end('SERVER_ERROR', { reason: 'unspecified-error', detail });
  }

  #count(metric: BrokerMetric): void {
    this.#broker.ports.count(metric);
  }

  #after(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds).unref();
    this.#timers.add(timer);
  }
}
