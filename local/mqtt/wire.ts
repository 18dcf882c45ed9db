import type { Duplex } from 'node:stream';
import { type Packet, writeToStream } from 'mqtt-packet';
import type { Publication } from './publication.ts';
import { REASONS, type Reason } from './reason.ts';
import { Outflow } from './throughput.ts';

export type ProtocolVersion = 4 | 5;

/** What the broker tells a client of MQTT 5 in its CONNACK. */
export interface ConnackProperties {
  readonly sessionExpiryInterval?: number;
  readonly serverKeepAlive?: number;
  readonly receiveMaximum: number;
  readonly maximumQoS: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly sharedSubscriptionAvailable: boolean;
  readonly subscriptionIdentifiersAvailable: boolean;
}

/** Writes the broker's packets in the client's version of the protocol; MQTT 3.1.1 has no words for some of them. */
export class Wire {
  readonly #stream: Duplex;
  readonly #outflow: Outflow;
  readonly version: ProtocolVersion;

  constructor(stream: Duplex, version: ProtocolVersion) {
    this.#stream = stream;
    this.#outflow = new Outflow(stream, performance.now.bind(performance));
    this.version = version;
  }

  connack(sessionPresent: boolean, properties: ConnackProperties): void {
    this.#write(
      this.version === 5
        ? { cmd: 'connack', sessionPresent, reasonCode: 0, properties }
        : { cmd: 'connack', sessionPresent, returnCode: 0 },
    );
  }

  refuse(reason: Reason): void {
    const { code, connack }: { code: number; connack?: number } = REASONS[reason];
    this.#write(
      this.version === 5
        ? { cmd: 'connack', sessionPresent: false, reasonCode: code }
        : { cmd: 'connack', sessionPresent: false, returnCode: connack ?? REASONS['not-authorized'].connack },
    );
  }

  publish(messageId: number | undefined, dup: boolean, { topic, payload, qos, retain, properties }: Publication): void {
    this.#write({
      cmd: 'publish',
      topic,
      payload,
      qos,
      retain,
      dup,
      ...(messageId === undefined ? {} : { messageId }),
      ...(this.version === 5 ? { properties } : {}),
    });
  }

  puback(messageId: number): void {
    this.#write({ cmd: 'puback', messageId, reasonCode: 0 });
  }

  /** A granted QoS, or why not; MQTT 3.1.1 knows failure only (128). */
  suback(messageId: number, results: readonly (0 | 1 | Reason)[]): void {
    const granted = results.map((result) => {
      if (typeof result === 'number') return result;
      return this.version === 5 ? REASONS[result].code : 128;
    });
    this.#write({ cmd: 'suback', messageId, granted });
  }

  unsuback(messageId: number, count: number): void {
    this.#write({ cmd: 'unsuback', messageId, granted: Array.from({ length: count }, () => 0) });
  }

  pingresp(): void {
    this.#write({ cmd: 'pingresp' });
  }

  /** MQTT 3.1.1 has no such packet of the server's. */
  disconnect(reason: Reason): void {
    if (this.version === 5) this.#write({ cmd: 'disconnect', reasonCode: REASONS[reason].code });
  }

  #write(packet: Packet): void {
    if (!this.#stream.writable) return;
    this.#outflow.pace(() => writeToStream(packet, this.#stream, { protocolVersion: this.version }));
  }
}
