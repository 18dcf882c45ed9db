import { Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { IntegrationApp } from '../../lib/apic/integration-app.ts';
import type { DatabaseLoginProps } from '../../lib/fdi/database-login.ts';
import { Migrations } from '../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../lib/fdi/scheduled-task.ts';
import { acknowledge } from '../../lib/platform/acknowledge.ts';
import { Integration, type IntegrationProps } from '../../lib/platform/integration.ts';
import { KafkaRows } from './kafka-rows.ts';

/** A database of somebody else's, as the environment names it. */
export interface NamedDatabase {
  readonly url: string;
  readonly user?: string;
}

export interface SyncStackProps extends IntegrationProps {
  /**
   * Where SourceRows is.
   * @default - in the platform's database
   */
  readonly source?: NamedDatabase;
  /**
   * Where TargetRows is.
   * @default - in the platform's database
   */
  readonly target?: NamedDatabase;
  /**
   * `host:port` of a Kafka cluster's brokers.
   * @default - no Kafka
   */
  readonly brokers?: readonly string[];
}

/** Data that is kept the same in two places: SourceRows in TargetRows every minute, and a Kafka topic in KafkaRows as it comes. */
export class SyncStack extends Integration {
  readonly rows: ScheduledTask;

  constructor(scope: Construct, id: string, { source, target, brokers, ...props }: SyncStackProps) {
    super(scope, id, { description: 'Sync: tables and topics kept the same', ...props });
    const app = new IntegrationApp(this, 'SyncOwner');
    const tables = new Migrations(this, 'Tables', { folder: `${import.meta.dirname}/sql` });

    this.rows = new ScheduledTask(this, 'Rows', {
      app,
      source: {
        ...(source === undefined
          ? { table: tables.table('SourceRows') }
          : { table: 'SourceRows', database: this.#login('Source', source) }),
        // Whoever writes SourceRows may take up to an hour to commit.
        increment: { column: 'UpdatedAt', overlap: Duration.hours(1) },
      },
      target: {
        ...(target === undefined
          ? { table: tables.table('TargetRows') }
          : { table: 'TargetRows', database: this.#login('Target', target) }),
        write: 'upsert',
        keys: ['Id'],
        onlyChanged: true,
        batchNumberColumn: 'BatchNo',
      },
      schedule: { every: { minutes: 1 } },
      started: true,
      tags: ['sync'],
    });
    if (brokers !== undefined) {
      new KafkaRows(this, 'Kafka', { app, tables, brokers });
    }
  }

  /** The password is put into the secret afterwards: nothing in a template may hold one. */
  #login(side: string, { url, user }: NamedDatabase): DatabaseLoginProps {
    if (user === undefined) {
      return { url };
    }
    const secret = new Secret(this, `${side}Password`, { description: `Password of ${user}, ${side} of sync` });
    acknowledge(secret, { 'AwsSolutions-SMG4': 'Whoever runs that database sets its passwords.' });
    this.showSecret(`Sync${side}`, secret);

    return { url, user, password: { secret } };
  }
}
