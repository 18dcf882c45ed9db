import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { ADVANCE_FUNCTION_SQL } from '../../core/fdi/advance-function.ts';
import { ADVANCE_KEYS_FUNCTION_SQL, OVERLAP_FUNCTION_SQL } from '../../core/fdi/advance-keys-function.ts';
import { isDefinition, statementsOf } from '../../core/platform/migration.ts';
import { migrationsOf } from '../../lib/platform/migration-files.ts';
import { arn } from '../../local/account.ts';
import { createAwsEndpoint } from '../../local/aws/aws-endpoint.ts';
import { createDataApi } from '../../local/data-api/engine.ts';
import { createDynamodbEngine } from '../../local/dynamodb/engine.ts';
import type { Engine, EngineHost, Engines } from '../../local/engines.ts';
import { createIamEngine } from '../../local/iam/iam-engine.ts';
import { createLogs } from '../../local/log.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { CATALOG_TABLE, createCatalogue, enterModel } from '../../test/functions/fdi/catalogue.ts';
import { MODEL, PRODUCT_ID, TABLE, TABLE_SQL } from './workload.ts';

/** A private MariaDB and the Data API over it, at once and with the distance to AWS. */
export interface Platform {
  /** The environment of a consumer, as its template would give it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same with so many ms before every answer of the Data API. */
  readonly distantEnvironment: Readonly<Record<string, string>>;
  /** A new connection of the driver, by the road the Data API itself takes. */
  connect(): Promise<Connection>;
  /** Empties the table and the ledger. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export const DISTANCE_MS = 15;

const DATABASE = 'integration';
const MASTER = { username: 'master', password: 'bench' };
const MIGRATIONS = join(import.meta.dirname, '../../lib/platform/migrations');
const PARAMETERS = {
  sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
  character_set_server: 'utf8mb4',
  collation_server: 'utf8mb4_unicode_ci',
  time_zone: 'UTC',
  innodb_lock_wait_timeout: '5',
};
const ROLE = 'BenchConsumer';

/**
 * @param parameters of the database, beside those a platform has
 * @param transactionIdleMillis after which the Data API rolls a transaction back that nobody continues
 */
export async function startPlatform(
  parameters: Readonly<Record<string, string>> = {},
  transactionIdleMillis?: number,
): Promise<Platform> {
  const state = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const logs = createLogs(state);
  const [aws, far, database] = [await freePort(), await freePort(), await freePort()];
  const engines: Record<string, Engine> = {};
  const host = (port: number, own: Record<string, Engine>) =>
    ({
      state,
      ports: { aws: port, mysql: database },
      logs,
      engines: own as unknown as Engines,
      progress() {},
    }) as unknown as EngineHost;
  const near = host(aws, engines);
  const iam = createIamEngine();
  Object.assign(engines, { iam, secrets: createSecretsEngine(near), mysql: createMysqlEngine(near) });
  engines['dynamodb'] = createDynamodbEngine(near);
  const distant = host(far, { ...engines, dataApi: createDataApi(near, { latencyMillis: DISTANCE_MS }) });
  engines['dataApi'] = createDataApi(near, transactionIdleMillis ? { limits: { transactionIdleMillis } } : {});
  const running = [
    ...Object.values(engines),
    distant.engines.dataApi,
    createAwsEndpoint(near),
    createAwsEndpoint(distant),
  ];
  for (const engine of running) {
    await engine.start();
  }

  const cluster = await near.engines.mysql.applyCluster({
    identifier: 'bench',
    database: DATABASE,
    masterUsername: MASTER.username,
    masterPassword: MASTER.password,
    parameters: { ...PARAMETERS, ...parameters },
    dataApiEnabled: true,
  });
  const secret = await near.engines.secrets.put('bench', JSON.stringify(MASTER));
  const environment = {
    ...credentials(iam, cluster.arn, secret.arn),
    AWS_REGION: 'us-east-1',
    DATABASE_CLUSTER_ARN: cluster.arn,
    DATABASE_SECRET_ARN: secret.arn,
    DATABASE_NAME: DATABASE,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${aws}`,
    CATALOG_TABLE,
  };
  const connect = () =>
    mysql.createConnection({
      socketPath: cluster.socketPath,
      user: MASTER.username,
      password: MASTER.password,
      database: DATABASE,
    });
  await migrate(connect);
  await createCatalogue(near.engines.dynamodb);
  await enterModel(sdkOptions(environment), PRODUCT_ID, MODEL);

  return {
    environment: { ...environment, AWS_ENDPOINT_URL_RDS_DATA: `http://127.0.0.1:${aws}` },
    distantEnvironment: { ...environment, AWS_ENDPOINT_URL_RDS_DATA: `http://127.0.0.1:${far}` },
    connect,
    reset: () => reset(connect),
    async stop() {
      for (const engine of running.reverse()) {
        await engine.stop();
      }
      logs.close();
      rmSync(state, { recursive: true });
    },
  };
}

/** A role with what a consumer's own allows, so that every call is judged as in production. */
function credentials(iam: ReturnType<typeof createIamEngine>, clusterArn: string, secretArn: string) {
  const statements = [
    { Effect: 'Allow', Action: 'rds-data:*', Resource: clusterArn },
    { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn },
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      Resource: arn('dynamodb', `table/${CATALOG_TABLE}`),
    },
  ];
  const role = iam.putRole({
    name: ROLE,
    trust: {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    inline: [{ name: 'database', document: { Statement: statements } }],
    managedPolicyArns: [],
  });
  const { accessKeyId, secretAccessKey, sessionToken } = iam.credentials(role.arn, 'bench');

  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}

function sdkOptions(environment: Readonly<Record<string, string>>) {
  const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;

  return {
    endpoint: AWS_ENDPOINT_URL_DYNAMODB ?? '',
    region: 'us-east-1',
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: AWS_SESSION_TOKEN ?? '',
    },
  };
}

async function migrate(connect: Platform['connect']): Promise<void> {
  const connection = await connect();
  for (const statement of migrationsOf(MIGRATIONS).migrations.flatMap(statementsOf).filter(isDefinition)) {
    await connection.query(statement);
  }
  await connection.query(ADVANCE_FUNCTION_SQL);
  await connection.query(OVERLAP_FUNCTION_SQL);
  await connection.query(ADVANCE_KEYS_FUNCTION_SQL);
  await connection.end();
}

async function reset(connect: Platform['connect']): Promise<void> {
  const connection = await connect();
  for (const sql of [
    `DROP TABLE IF EXISTS ${TABLE}`,
    TABLE_SQL,
    'DELETE FROM causeway.position',
    'DELETE FROM causeway.key_position',
    'DELETE FROM causeway.quarantine',
  ]) {
    await connection.query(sql);
  }
  await connection.end();
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });

  return promise;
}
