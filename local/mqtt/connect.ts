import { Buffer } from 'node:buffer';
import type { IConnectPacket } from 'mqtt-packet';
import { LIMITS } from './limits.ts';
import { forwarded, type Publication } from './publication.ts';
import type { Reason } from './reason.ts';
import type { ConnackProperties } from './wire.ts';

/** What broker and client agree on before anybody is logged in. */
export interface ConnectTerms {
  readonly clean: boolean;
  readonly keepAliveSeconds: number;
  readonly sessionExpirySeconds: number;
  readonly will: Will | undefined;
  readonly properties: ConnackProperties;
}

/** The parser takes the version of mosquitto's bridges, 128 more than it is, which its types do not name. */
type Connect = IConnectPacket & { readonly bridgeMode?: boolean };

/** QoS 2 stays as it is, and is refused when the will is due. */
type Will = Publication;

export interface Refused {
  readonly refused: Reason;
  readonly detail: string;
}

/** Reads a CONNECT as AWS does; what AWS would change is changed, what it would not take is refused. */
export function acceptConnect(packet: IConnectPacket): ConnectTerms | Refused {
  const { clientId, protocolId, protocolVersion, bridgeMode, properties, clean = true } = packet as Connect;
  if (protocolId === 'MQIsdp' || (protocolVersion !== 4 && protocolVersion !== 5)) {
    return { refused: 'unsupported-protocol-version', detail: 'MQTT 3.1 is not served: set the client to 3.1.1 or 5' };
  }
  if (bridgeMode === true) {
    return { refused: 'unsupported-protocol-version', detail: 'a bridge of mosquitto, whose version is its own' };
  }
  if (clientId === '') return { refused: 'client-identifier-not-valid', detail: 'the client id is empty' };
  if (Buffer.byteLength(clientId, 'utf8') > LIMITS.clientIdBytes) {
    const detail = `a client id has at most ${LIMITS.clientIdBytes} bytes`;
    return { refused: 'client-identifier-not-valid', detail };
  }
  if (properties?.authenticationMethod !== undefined) {
    return { refused: 'bad-authentication-method', detail: 'enhanced authentication is not supported' };
  }
  if (packet.will?.qos === 2)
    return { refused: 'not-authorized', detail: 'the will has QoS 2, which is not supported' };

  return termsOf(packet, clean);
}

function termsOf({ protocolVersion, keepalive = 0, will, properties }: IConnectPacket, clean: boolean): ConnectTerms {
  const { minimum, maximum } = LIMITS.keepAliveSeconds;
  const keepAliveSeconds = keepalive === 0 ? maximum : Math.min(Math.max(keepalive, minimum), maximum);
  // MQTT 3.1.1 knows sessions that end with the connection, and those that do not.
  const asked =
    protocolVersion === 5 ? (properties?.sessionExpiryInterval ?? 0) : clean ? 0 : LIMITS.sessionExpirySeconds;
  const sessionExpirySeconds = Math.min(asked, LIMITS.sessionExpirySeconds);

  return {
    clean,
    keepAliveSeconds,
    sessionExpirySeconds,
    will: will === undefined ? undefined : readWill(will),
    properties: {
      receiveMaximum: LIMITS.inFlight,
      maximumQoS: 1,
      maximumPacketSize: LIMITS.payloadBytes + 16 * 1024,
      topicAliasMaximum: LIMITS.topicAliases,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      ...(keepAliveSeconds === keepalive ? {} : { serverKeepAlive: keepAliveSeconds }),
      ...(sessionExpirySeconds === asked ? {} : { sessionExpiryInterval: sessionExpirySeconds }),
    },
  };
}

/** A will's delay is not waited for: it is published when the connection is lost. */
function readWill({ topic, payload, qos, retain = false, properties }: NonNullable<IConnectPacket['will']>): Will {
  const { willDelayInterval: _, ...own } = properties ?? {};

  return {
    topic,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(payload),
    qos: qos === 1 ? 1 : 0,
    retain,
    properties: forwarded(own),
  };
}
