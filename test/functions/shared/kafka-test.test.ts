import { beforeEach, expect, test } from '@jest/globals';
import type { KafkaAccess } from '../../../core/fdi/kafka-feed.ts';
import { kafkaProblem } from '../../../core/fdi/service-problem.ts';
import { kafkaLogin, testKafkaFeed } from '../../../functions/shared/kafka-test.ts';
import { awsEndpoint } from './aws-endpoint.ts';
import { secretStore } from './secret-store.ts';

const aws = awsEndpoint();
const secrets = new Map<string, string>();

beforeEach(() => {
  secrets.clear();
  secretStore(aws, secrets);
});

const access = (type: string, text: string): KafkaAccess => {
  const uri = `secret-${Math.random()}`;
  secrets.set(uri, text);

  return { type, uri };
};

test('brokers are logged in to as Lambda’s pollers do: over TLS with a login or a CA, in clear text without', async () => {
  const user = JSON.stringify({ username: 'causeway', password: 'sesame' });
  const pair = JSON.stringify({ certificate: 'PEM', privateKey: 'KEY', privateKeyPassword: 'word' });

  expect(await kafkaLogin([])).toEqual({});
  expect(await kafkaLogin([access('SASL_SCRAM_512_AUTH', user)])).toEqual({
    tls: {},
    sasl: { mechanism: 'scram-sha-512', username: 'causeway', password: 'sesame' },
  });
  expect(
    await kafkaLogin([
      access('CLIENT_CERTIFICATE_TLS_AUTH', pair),
      access('SERVER_ROOT_CA_CERTIFICATE', '{"certificate":"CA"}'),
    ]),
  ).toEqual({ tls: { ca: 'CA', cert: 'PEM', key: 'KEY', passphrase: 'word' } });
});

test('a secret that is not what the cluster needs is said, without a word of it', async () => {
  const problem = await kafkaLogin([access('BASIC_AUTH', 'sesame')]).catch(kafkaProblem);

  expect(problem).toMatchObject({ kind: 'secret', problem: expect.stringContaining('username') });
  expect(JSON.stringify(problem)).not.toContain('sesame');
});

test.each<readonly [string, object]>([
  ['in a network of its own', { brokers: ['kafka:9092'], access: [{ type: 'VPC_SUBNET', uri: 'subnet:s-1' }] }],
  ['of MSK', { clusterArn: 'arn:aws:kafka:us-east-1:1:cluster/a/b', access: [] }],
])('a cluster %s is not asked, and nothing is said to be proved', async (_what, facts) => {
  const kafka = { topic: 'orders', group: 'causeway.dev.Orders', ...facts } as never;

  expect(await testKafkaFeed({ test: 'source', feed: { kafka }, timeMs: 1000 }, { now: () => 0 })).toEqual([
    expect.objectContaining({ ok: true, what: 'reads orders', unproved: expect.stringContaining('pollers') }),
  ]);
});

test.each([
  ['SASL SCRAM SHA512 authentication failed', 'login'],
  ['This server does not host this topic-partition', 'missing'],
  ['Not authorized to access group: Group authorization failed', 'rights'],
  ['Connection timeout', 'network'],
  ['Connection error: connect ECONNREFUSED 127.0.0.1:9092', 'network'],
  ['Connection error: self-signed certificate in certificate chain', 'tls'],
])('%s is a matter of %s', (message, kind) => {
  expect(kafkaProblem(new TypeError(message))).toMatchObject({ kind, advice: expect.any(String) });
});
