import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { login } from '../../../local/kafka/kafka-client.ts';
import { checkKafkaMembers, readKafkaSource, secretsOf, withAccess } from '../../../local/kafka/kafka-source.ts';
import { startOffsets } from '../../../local/kafka/start-offsets.ts';

const REQUEST = {
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['a:9092', 'b:9092'] } },
  SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'causeway.production.Rows' },
  Topics: ['rows'],
  ProvisionedPollerConfig: { MinimumPollers: 1 },
};

test('a mapping of brokers is read as it was made; without a group it has the one of its id', () => {
  const source = readKafkaSource(REQUEST, 'uuid');

  expect(source).toEqual({
    topic: 'rows',
    brokers: ['a:9092', 'b:9092'],
    group: 'causeway.production.Rows',
    access: [],
    provisioned: true,
  });
  const { SelfManagedKafkaEventSourceConfig: _, ...unnamed } = REQUEST;
  expect(readKafkaSource(unnamed, 'uuid')).toMatchObject({ group: 'uuid' });
  expect(readKafkaSource({ EventSourceArn: 'arn:aws:kinesis:x' }, 'uuid')).toBeUndefined();
});

test.each([
  ['a cluster of MSK', { EventSourceArn: 'arn:aws:kafka:eu-central-1:1:cluster/a/b' }, /has no MSK: name brokers/],
  ['no broker', { ...REQUEST, SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: [] } } }, /1 to 10/],
  ['two topics', { ...REQUEST, Topics: ['a', 'b'] }, /one topic/],
  ['no topic', { ...REQUEST, Topics: [] }, /one topic/],
  [
    'a group with spaces',
    { ...REQUEST, SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'a b' } },
    /ConsumerGroupId: received a b/,
  ],
  [
    'a login nobody knows',
    { ...REQUEST, SourceAccessConfigurations: [{ Type: 'OAUTHBEARER_AUTH', URI: 'x' }] },
    /received OAUTHBEARER_AUTH; served locally: BASIC_AUTH/,
  ],
])('%s is refused', (_, request, reason) => {
  expect(() => readKafkaSource(request, 'uuid')).toThrow(reason);
});

test('what Lambda knows of Kinesis only, of Kafka only, and of provisioned pollers only is told apart', () => {
  const source = readKafkaSource(REQUEST, 'uuid');
  const onDemand = source && { ...source, provisioned: false };

  expect(() => checkKafkaMembers({ ParallelizationFactor: 1 }, source)).toThrow(/not supported for Kafka/);
  expect(() => checkKafkaMembers({ Topics: ['rows'] }, undefined)).toThrow(/of Kafka event sources only/);
  expect(() => checkKafkaMembers({ MaximumRetryAttempts: -1 }, source)).not.toThrow();
  expect(() => checkKafkaMembers({ MaximumRetryAttempts: -1 }, onDemand)).toThrow(/provisioned mode only/);
});

test('an update changes how the brokers are reached, and nothing else', () => {
  const source = readKafkaSource(REQUEST, 'uuid');
  const access = [{ Type: 'BASIC_AUTH', URI: 'arn:secret' }];

  expect(source && withAccess(source, { SourceAccessConfigurations: access })).toEqual({ ...source, access });
  expect(source && withAccess(source, {})).toBe(source);
  expect(secretsOf({ access: [...access, { Type: 'VPC_SUBNET', URI: 'subnet:x' }] })).toEqual(['arn:secret']);
});

const SECRETS: Readonly<Record<string, string>> = {
  user: JSON.stringify({ username: 'u', password: 'p' }),
  ca: JSON.stringify({ certificate: 'CA' }),
  client: JSON.stringify({ certificate: 'C', privateKey: 'K', privateKeyPassword: 'P' }),
  empty: '{}',
  text: 'p',
};
const loginOf = (...access: readonly (readonly [type: string, secret: string])[]) =>
  login({ access: access.map(([Type, URI]) => ({ Type, URI })) }, (arn) => SECRETS[arn] ?? '');

test('without secrets brokers are spoken to in clear text; a login and a CA mean TLS', () => {
  expect(loginOf()).toEqual({});
  expect(loginOf(['VPC_SUBNET', 'subnet:x'])).toEqual({});
  expect(loginOf(['SASL_SCRAM_512_AUTH', 'user'])).toEqual({
    ssl: {},
    sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
  });
  expect(loginOf(['SASL_SCRAM_256_AUTH', 'user']).sasl).toMatchObject({ mechanism: 'scram-sha-256' });
  expect(loginOf(['BASIC_AUTH', 'user'], ['SERVER_ROOT_CA_CERTIFICATE', 'ca'])).toEqual({
    ssl: { ca: 'CA' },
    sasl: { mechanism: 'plain', username: 'u', password: 'p' },
  });
  expect(loginOf(['CLIENT_CERTIFICATE_TLS_AUTH', 'client'])).toEqual({ ssl: { cert: 'C', key: 'K', passphrase: 'P' } });
});

test.each([
  ['empty', /BASIC_AUTH has no username/],
  ['text', /BASIC_AUTH is not a JSON object/],
])('a secret that is %s is named with what it lacks, and not with what it holds', (secret, reason) => {
  expect(() => loginOf(['BASIC_AUTH', secret])).toThrow(reason);
});

/** Partition 0 has committed, 1 and 2 have not. */
const ADMIN = {
  fetchOffsets: async () => [
    {
      topic: 'rows',
      partitions: [
        { partition: 0, offset: '7', metadata: null },
        { partition: 1, offset: '-1', metadata: null },
        { partition: 2, offset: '-1', metadata: null },
      ],
    },
  ],
  fetchTopicOffsetsByTimestamp: async () =>
    [0, 1, 2].map((partition) => ({ partition, offset: String(100 + partition) })),
} as unknown as Admin;

test('a time to begin at counts for partitions only whose group has committed nothing', async () => {
  const at = { startingPosition: 'AT_TIMESTAMP', startingTimestamp: 1 } as const;

  expect(await startOffsets(ADMIN, { topic: 'rows', group: 'g' }, at)).toEqual(
    new Map([
      [1, 101],
      [2, 102],
    ]),
  );
  expect(await startOffsets(ADMIN, { topic: 'rows', group: 'g' }, { startingPosition: 'TRIM_HORIZON' })).toEqual(
    new Map(),
  );
});
