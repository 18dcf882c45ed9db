import process from 'node:process';
import type { App } from 'aws-cdk-lib';
import { brokersOf } from '../../../core/fdi/kafka-broker.ts';
import { KafkaRows } from '../../../integrations/sync/kafka-rows.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { KafkaCluster } from '../../../lib/fdi/kafka-cluster.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** The Kafka half of the sync integration, and tasks that show what the upsert of that one hides. */
export default function kafka(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayKafka', { platform });
  const owner = new IntegrationApp(stack, 'KafkaOwner');
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const brokers = brokersOf(process.env['KAFKA_BROKERS'] ?? '', 'KAFKA_BROKERS');
  new KafkaRows(stack, 'Sync', { app: owner, tables, brokers });

  const cluster = new KafkaCluster(stack, 'Log', { brokers });
  const target = {
    table: tables.table('KafkaLog'),
    write: 'insert' as const,
    sequenceColumn: 'Seq',
    eventTimeColumn: 'EventTime',
  };
  const fields = { N: { path: 'n', type: 'integer' as const } };
  new RealtimeTask(stack, 'KafkaLog', {
    ...{ app: owner, target, started: true, batchSize: 200 },
    source: { topic: cluster.topic('log'), fields },
  });
}
