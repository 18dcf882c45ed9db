import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import type { Log } from '../log.ts';
import { calmQueues } from './calm-queues.ts';
import { addCodecs } from './codecs.ts';
import type { KafkaSource } from './kafka-source.ts';

/** Reads a secret's text. Throws `AwsError` when the function's role may not. */
export type ReadSecret = (arn: string) => string;

const MECHANISMS = {
  BASIC_AUTH: 'plain',
  SASL_SCRAM_256_AUTH: 'scram-sha-256',
  SASL_SCRAM_512_AUTH: 'scram-sha-512',
} as const;
const CONNECT_MILLISECONDS = 5000;

/** A secret that does not hold what Lambda reads in it. */
export class UnreadableSecret extends Error {
  override readonly name = 'UnreadableSecret';
}

/**
 * A client of the mapping's brokers, with the login that its secrets hold: with a login, or with a CA, over TLS; in clear text without.
 * Ref: lambda/latest/dg/kafka-cluster-auth
 */
export function kafkaClient(source: KafkaSource, readSecret: ReadSecret, log: Log): Kafka {
  calmQueues();
  addCodecs();

  return new Kafka({
    clientId: 'lambda',
    brokers: [...source.brokers],
    connectionTimeout: CONNECT_MILLISECONDS,
    retry: { initialRetryTime: 200, retries: 4 },
    ...login(source, readSecret),
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp: _time, logger: _logger, stack: _stack, ...fields } = entry.log;
      log.warn(`kafka: ${message}`, { topic: source.topic, group: source.group, ...fields });
    },
  });
}

/** The part of the configuration that is about who we are and whom we trust. */
export function login({ access }: Pick<KafkaSource, 'access'>, readSecret: ReadSecret): Partial<KafkaConfig> {
  const secretOf = (type: string) => {
    const uri = access.find(({ Type }) => Type === type)?.URI;

    return uri === undefined ? undefined : fieldsOf(type, readSecret(uri));
  };
  const ca = secretOf('SERVER_ROOT_CA_CERTIFICATE');
  const client = secretOf('CLIENT_CERTIFICATE_TLS_AUTH');
  const sasl = Object.entries(MECHANISMS).flatMap(([type, mechanism]) => {
    const secret = secretOf(type);

    return secret === undefined ? [] : [{ mechanism, ...credentials(type, secret) } as SASLOptions];
  })[0];
  if (ca === undefined && client === undefined && sasl === undefined) return {};

  return {
    ssl: {
      ...(ca && { ca: text('SERVER_ROOT_CA_CERTIFICATE', ca, 'certificate') }),
      ...(client && {
        cert: text('CLIENT_CERTIFICATE_TLS_AUTH', client, 'certificate'),
        key: text('CLIENT_CERTIFICATE_TLS_AUTH', client, 'privateKey'),
        ...(typeof client['privateKeyPassword'] === 'string' && { passphrase: client['privateKeyPassword'] }),
      }),
    },
    ...(sasl && { sasl }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function credentials(type: string, secret: Fields) {
  return { username: text(type, secret, 'username'), password: text(type, secret, 'password') };
}

function text(type: string, secret: Fields, field: string): string {
  const value = secret[field];
  if (typeof value !== 'string' || value === '') throw new UnreadableSecret(`The secret of ${type} has no ${field}.`);

  return value;
}

function fieldsOf(type: string, secret: string): Fields {
  try {
    const fields: unknown = JSON.parse(secret);
    if (fields !== null && typeof fields === 'object') return fields as Fields;
  } catch {
    // Said below.
  }
  throw new UnreadableSecret(`The secret of ${type} is not a JSON object.`);
}
