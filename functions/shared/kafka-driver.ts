import { isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { type ISocketFactory, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { guardAddress } from './address-guard.ts';

/** Who a task's consumers are to the brokers, and whom they trust. */
export interface KafkaLogin {
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Spoken over TLS; what is empty is encrypted and trusts the usual authorities. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase'>;
}

/** Brokers, for questions. */
export interface KafkaQuestions {
  /** Logs in. @throws what the network and the brokers say */
  connect(): Promise<void>;
  /** @throws when there is none, or it may not be known */
  partitions(topic: string): Promise<number>;
  /** Where a consumer group is. @throws when it may not be asked for */
  place(group: string, topic: string): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaDriver {
  openKafka(brokers: readonly string[], login: KafkaLogin): KafkaQuestions;
}

const CONNECT_MS = 8000;

export const openKafka: KafkaDriver['openKafka'] = (brokers, { sasl, tls }) => {
  const admin = new Kafka({
    clientId: 'causeway',
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    authenticationTimeout: CONNECT_MS,
    requestTimeout: CONNECT_MS,
    // It is asked whether it works, and not how often it has to be tried.
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    socketFactory: guarded(tls),
    ...(tls !== undefined && { ssl: { ...tls } }),
    ...(sasl !== undefined && { sasl: sasl as SASLOptions }),
  }).admin();

  return {
    connect: () => admin.connect(),
    async partitions(topic) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });

      return topics[0]?.partitions.length ?? 0;
    },
    async place(groupId, topic) {
      await admin.fetchOffsets({ groupId, topics: [topic] });
    },
    close: () => admin.disconnect(),
  };
};

/** Each broker, also those that the cluster names itself, is judged before it is spoken to. */
function guarded(tls: KafkaLogin['tls']): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const socket = new Socket();
    guardAddress(host, port).then(
      (pinned) => socket.connect({ host: pinned.address, family: pinned.family, port }),
      (error: Error) => socket.destroy(error),
    );
    if (tls === undefined) {
      return socket.once('connect', onConnect);
    }

    // The name is for the certificate.
    return tlsConnect({ ...tls, socket, host, servername: isIP(host) === 0 ? host : '' }, onConnect);
  };
}
