import { Construct } from 'constructs';
import type { IIntegrationApp } from '../../lib/apic/integration-app.ts';
import { KafkaCluster } from '../../lib/fdi/kafka-cluster.ts';
import type { Migrations } from '../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../lib/fdi/realtime-task.ts';

export interface KafkaRowsProps {
  readonly app: IIntegrationApp;
  readonly tables: Migrations;
  /** `host:port` of the cluster's brokers. */
  readonly brokers: readonly string[];
}

/** Records of the Kafka topic `rows`, such as `{"id":1,"a":{"b":"x","c":"y"}}`, into the table `KafkaRows`, as they come. */
export class KafkaRows extends Construct {
  constructor(scope: Construct, id: string, { app, tables, brokers }: KafkaRowsProps) {
    super(scope, id);
    const cluster = new KafkaCluster(this, 'Kafka', { brokers: brokers.map((broker) => broker.trim()) });
    new RealtimeTask(this, 'KafkaRows', {
      app,
      source: {
        topic: cluster.topic('rows'),
        fields: { Id: { path: 'id', type: 'integer' }, B: 'a.b', C: 'a.c' },
      },
      target: { table: tables.table('KafkaRows'), write: 'upsert', keys: ['Id'], batchNumberColumn: 'BatchNo' },
      started: true,
    });
  }
}
