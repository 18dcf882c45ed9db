import process from 'node:process';
import { type App, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { brokersOf } from '../../../core/fdi/kafka-broker.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { KafkaCluster } from '../../../lib/fdi/kafka-cluster.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** What devices send goes into somebody else's PostgreSQL and MongoDB, what Kafka has into somebody else's MySQL and MongoDB. */
export default function realtimeTargets(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayTargets', { platform });
  const owner = new IntegrationApp(stack, 'Owner');
  const login = (name: string) => ({
    url: process.env[`${name}_URL`] ?? '',
    user: process.env[`${name}_USER`] ?? '',
    password: {
      secret: new Secret(stack, `${name}Login`, {
        // A password of this test's own server.
        secretStringValue: SecretValue.unsafePlainText(process.env[`${name}_PASSWORD`] ?? ''),
      }),
    },
  });

  const topic = new Topic(stack, 'Readings', { app: owner, partitions: 2 });
  const meter = new Product(stack, 'Meter', { app: owner, manufacturer: { id: 'acme', name: 'Acme' }, model: 'M1' });
  for (const name of ['M-1', 'M-2', 'M-3']) {
    new Device(stack, name, { product: meter });
  }
  new ForwardingRule(stack, 'MeterMessages', { product: meter, topic });
  const fields = { N: { path: 'data.n', type: 'integer' as const }, Meter: 'deviceId', Note: 'data.note' };
  new RealtimeTask(stack, 'Readings_', {
    app: owner,
    name: 'Readings',
    source: { topic, fields },
    target: {
      database: login('POSTGRESQL'),
      ...{ table: 'readings', write: 'insert', eventTimeColumn: 'at', batchNumberColumn: 'batch_no' },
    },
    mapping: [
      { column: 'n', from: 'N' },
      { column: 'meter', from: 'Meter' },
      { column: 'note', from: 'Note' },
      { column: 'twice', expression: 'data.n * 2' },
    ],
    started: true,
    batchSize: 100,
  });

  const mongodb = { url: process.env['MONGODB_URL'] ?? '' };
  new RealtimeTask(stack, 'Documents', {
    app: owner,
    source: { topic, fields },
    target: { mongodb, collection: 'readings', write: 'insert', batchNumberField: 'batch' },
    mapping: [
      { column: 'n', from: 'N' },
      { column: 'meter.id', from: 'Meter' },
      { column: 'twice', expression: 'data.n * 2' },
    ],
    started: true,
    batchSize: 100,
  });

  const cluster = new KafkaCluster(stack, 'Log', {
    brokers: brokersOf(process.env['KAFKA_BROKERS'] ?? '', 'KAFKA_BROKERS'),
  });
  const out = { topic: cluster.topic('out'), fields: { N: { path: 'n', type: 'integer' as const } } };
  const shop = login('MYSQL');
  new RealtimeTask(stack, 'KafkaOut', {
    app: owner,
    source: out,
    target: { database: shop, table: 'KafkaOut', write: 'insert' },
    started: true,
    batchSize: 200,
  });

  new RealtimeTask(stack, 'KafkaDocuments', {
    app: owner,
    source: out,
    target: { mongodb, collection: 'entries', write: 'upsert', keys: ['_id'] },
    mapping: [{ column: '_id', from: 'N' }],
    started: true,
    batchSize: 200,
  });

  const relayed = new Topic(stack, 'Relayed', { app: owner, partitions: 1 });
  new RealtimeTask(stack, 'Relay', {
    app: owner,
    source: out,
    target: { topic: relayed, keys: ['Part'] },
    mapping: [
      { column: 'No', from: 'N' },
      { column: 'Part', expression: 'n % 4' },
    ],
    started: true,
    batchSize: 100,
  });
  new RealtimeTask(stack, 'FromRelay', {
    app: owner,
    source: { topic: relayed, fields: { N: { path: 'data.No', type: 'integer' }, Id: 'traceId', App: 'app' } },
    target: { database: shop, table: 'FromRelay', write: 'insert' },
    started: true,
  });
  new RealtimeTask(stack, 'ToApi', {
    app: owner,
    source: out,
    mapping: [{ column: 'no', from: 'N' }],
    target: { http: { url: process.env['API_URL'] ?? '', path: '/entries', batch: { size: 50, path: 'items' } } },
    started: true,
  });
}
