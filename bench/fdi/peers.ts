import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Connection } from 'mysql2/promise';
import { COLUMNS, row, TABLE } from './workload.ts';

const INSERT = `INSERT INTO ${TABLE} (${COLUMNS.join(', ')}) VALUES`;

/**
 * The limit: the driver itself, one prepared multi-row insert a batch, committed, its values ready before the clock runs. Of the ways to
 * write these rows over this engine the fastest: the same as text took 1.07 to 1.16 times as long, as one JSON parameter 1.06 to 1.15.
 *
 * @returns the time of each batch in ms
 */
export async function rawInserts(connection: Connection, batch: number, batches: number): Promise<number[]> {
  const sql = `${INSERT} ${Array.from({ length: batch }, () => '(?, ?, ?, ?)').join(', ')}`;
  const ms: number[] = [];
  for (let at = 0; at < batches; at += 1) {
    const values = Array.from({ length: batch }, (_, n) => row(at * batch + n)).flat();
    const startedAt = performance.now();
    await connection.execute(sql, values);
    ms.push(performance.now() - startedAt);
  }

  return ms;
}

/** The naive way: the SDK, one insert a record. Answers the time of all in ms. */
export async function naiveInserts(environment: Readonly<Record<string, string>>, records: number): Promise<number> {
  const client = new RDSDataClient({
    endpoint: environment['AWS_ENDPOINT_URL_RDS_DATA'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: environment['AWS_SESSION_TOKEN'] ?? '',
    },
  });
  const startedAt = performance.now();
  for (let n = 0; n < records; n += 1) {
    const values = row(n);
    await client.send(
      new ExecuteStatementCommand({
        resourceArn: environment['DATABASE_CLUSTER_ARN'],
        secretArn: environment['DATABASE_SECRET_ARN'],
        database: environment['DATABASE_NAME'],
        sql: `${INSERT} (${COLUMNS.map((column) => `:${column}`).join(', ')})`,
        parameters: COLUMNS.map((name, at) => ({ name, value: { stringValue: values[at] ?? '' } })),
      }),
    );
  }
  const ms = performance.now() - startedAt;
  client.destroy();

  return ms;
}
