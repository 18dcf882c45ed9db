import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type App, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { KafkaCluster } from '../../../lib/fdi/kafka-cluster.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** A task from a cluster with SCRAM and a CA of its own into a table that hides nothing; `KAFKA_BROKERS`, `KAFKA_LOGIN` and `KAFKA_CA` say which. */
export default function kafka(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayKafka', { platform });
  const owner = new IntegrationApp(stack, 'KafkaOwner');
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/../../acceptance/kafka/sql` });
  const [username = '', password = ''] = environment('KAFKA_LOGIN').split(':');
  const secret = (id: string, fields: Readonly<Record<string, string>>) =>
    new Secret(stack, id, { secretStringValue: SecretValue.unsafePlainText(JSON.stringify(fields)) });

  const cluster = new KafkaCluster(stack, 'Kafka', {
    brokers: environment('KAFKA_BROKERS').split(','),
    login: { mechanism: 'scram-sha-512', secret: secret('Login', { username, password }) },
    ca: secret('Ca', { certificate: readFileSync(environment('KAFKA_CA'), 'utf8') }),
  });
  new RealtimeTask(stack, 'KafkaLog', {
    ...{ app: owner, started: true, batchSize: 100 },
    source: { topic: cluster.topic('log'), fields: { N: { path: 'n', type: 'integer' } } },
    target: { table: tables.table('KafkaLog'), write: 'insert', sequenceColumn: 'Seq', eventTimeColumn: 'EventTime' },
  });
}

function environment(name: string): string {
  return process.env[name] ?? '';
}
