import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  RDSDataClient,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { createDataApi } from '../../local/data-api/engine.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

export type Extra = Partial<ExecuteStatementCommandInput>;

const PASSWORD = 'it\'s "quite" \\ secret';

export const DEFINITION = {
  identifier: 'test',
  database: 'integration',
  masterUsername: 'master',
  masterPassword: PASSWORD,
  parameters: {
    sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
    collation_server: 'utf8mb4_unicode_ci',
    time_zone: 'UTC',
    innodb_lock_wait_timeout: '1',
  },
  dataApiEnabled: true,
};

let aws: Endpoint;
let client: RDSDataClient;
let source: { resourceArn: string; secretArn: string; database: string };

/** The Data API over a MariaDB of the calling file's own, with an empty table `t` before every test. */
export function dataApi() {
  beforeAll(async () => {
    aws = await endpoint({
      secrets: createSecretsEngine,
      mysql: createMysqlEngine,
      dataApi: (host) => createDataApi(host, { limits: { statementMillis: 700, transactionIdleMillis: 300 } }),
    });
    const { mysql, secrets } = aws.host.engines;
    const cluster = await mysql.applyCluster(DEFINITION);
    const secret = await secrets.put('master', JSON.stringify({ username: 'master', password: PASSWORD }));
    source = { resourceArn: cluster.arn, secretArn: secret.arn, database: 'integration' };
    client = new RDSDataClient(aws.client);
  }, 60_000);

  afterAll(async () => {
    client?.destroy();
    await aws?.stop();
  }, 60_000);

  beforeEach(async () => {
    await run(
      'CREATE OR REPLACE TABLE t (Id INT AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(20) NOT NULL, Amount DECIMAL(10,2))',
    );
  });

  return {
    get aws() {
      return aws;
    },
    get client() {
      return client;
    },
    get source() {
      return source;
    },
    run,
    rows,
    begin,
  };
}

function run(sql: string, parameters: SqlParameter[] = [], extra: Extra = {}) {
  return client.send(new ExecuteStatementCommand({ ...source, sql, parameters, ...extra }));
}

async function rows(sql: string, parameters: SqlParameter[] = [], extra: Extra = {}) {
  const { formattedRecords } = await run(sql, parameters, { formatRecordsAs: 'JSON', ...extra });

  return JSON.parse(formattedRecords ?? 'null');
}

async function begin(): Promise<string> {
  return (await client.send(new BeginTransactionCommand(source))).transactionId ?? '';
}

export function refusal(call: Promise<unknown>): Promise<{ name: string; message: string }> {
  return call.then(
    () => ({ name: 'none', message: '' }),
    ({ name, message }) => ({ name, message }),
  );
}

export function text(name: string, stringValue: string): SqlParameter {
  return { name, value: { stringValue } };
}

export function long(name: string, longValue: number): SqlParameter {
  return { name, value: { longValue } };
}

export async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
