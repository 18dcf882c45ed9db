import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { ADVANCE_FUNCTION_SQL } from '../../../core/fdi/advance-function.ts';
import { ADVANCE_KEYS_FUNCTION_SQL, OVERLAP_FUNCTION_SQL } from '../../../core/fdi/advance-keys-function.ts';
import { READMIT_FUNCTION_SQL } from '../../../core/fdi/readmit-function.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import type { ProductDescription } from '../../../core/link/product.ts';
import { isDefinition, statementsOf } from '../../../core/platform/migration.ts';
import { migrationsOf } from '../../../lib/platform/migration-files.ts';
import type { AwsRequest, AwsResponse } from '../../../local/aws/service.ts';
import { createDataApi } from '../../../local/data-api/engine.ts';
import { createDynamodbEngine } from '../../../local/dynamodb/engine.ts';
import type { Engine } from '../../../local/engines.ts';
import { createMysqlEngine } from '../../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../../local/secrets/engine.ts';
import { type Endpoint, endpoint } from '../../conformance/endpoint.ts';
import { task } from '../../core/fdi/tasks.ts';
import { CATALOG_TABLE, createCatalogue, enterModel } from './catalogue.ts';
import { PRODUCT } from './records.ts';

const PASSWORD = 'test';
const MIGRATIONS = new URL('../../../lib/platform/migrations/', import.meta.url).pathname;
/** As the platform's stack sets them, but a lock is given up after 1 s and an idle transaction after 2. */
const PARAMETERS = {
  sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
  character_set_server: 'utf8mb4',
  collation_server: 'utf8mb4_unicode_ci',
  time_zone: 'UTC',
  innodb_lock_wait_timeout: '1',
};
const IDLE_MS = 2000;

export const HISTORY_TASK: TopicTask = task({
  target: { eventTimeColumn: 'EventTime', sequenceColumn: 'Seq', batchNumberColumn: 'BatchNo' },
});

export const SPACES_TASK: TopicTask = {
  ...HISTORY_TASK,
  name: 'ParkingData',
  target: { ...HISTORY_TASK.target, table: 'ParkingData', write: 'upsert', keys: ['DeviceId'] },
};

const TABLES = [
  `CREATE OR REPLACE TABLE ParkingHistory (
    Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    DeviceId VARCHAR(64) NOT NULL, Status VARCHAR(16) NOT NULL, EventTime DATETIME(3) NOT NULL,
    Seq CHAR(64) CHARACTER SET ascii NOT NULL, BatchNo VARCHAR(32) NOT NULL
  ) COLLATE utf8mb4_bin`,
  `CREATE OR REPLACE TABLE ParkingData (
    DeviceId VARCHAR(64) NOT NULL PRIMARY KEY, Status VARCHAR(16) NOT NULL, EventTime DATETIME(3) NOT NULL,
    Seq CHAR(64) CHARACTER SET ascii NOT NULL, BatchNo VARCHAR(32) NOT NULL
  ) COLLATE utf8mb4_bin`,
  ...['position', 'key_position', 'lease', 'quarantine', 'kafka_start', 'ledger'].map(
    (table) => `DELETE FROM causeway.${table}`,
  ),
];

export type Row = Readonly<Record<string, unknown>>;

/** What passes between a consumer and the Data API. */
export interface CallGuard {
  /** Before a call is served; may wait, or throw what the API would answer. */
  before?(call: DataApiCall): Promise<void> | void;
  /** After it was served, before its answer leaves. */
  after?(call: DataApiCall): Promise<void> | void;
}

export interface DataApiCall {
  /** `Execute`, `BeginTransaction`, … */
  readonly operation: string;
  /** Of `Execute`; else empty. */
  readonly sql: string;
}

/** A private MariaDB behind the Data API, with the parking lot's tables, empty before each test. */
export class Parking {
  /** Set by a test to meddle. */
  guard: CallGuard = {};
  readonly calls: DataApiCall[] = [];
  environment: Readonly<Record<string, string>> = {};
  #endpoint: Endpoint | undefined;
  #client: RDSDataClient | undefined;

  async start(): Promise<void> {
    const aws = await endpoint({
      secrets: createSecretsEngine,
      mysql: createMysqlEngine,
      dynamodb: createDynamodbEngine,
      dataApi: (host) => this.#guarded(createDataApi(host, { limits: { transactionIdleMillis: IDLE_MS } })),
    });
    this.#endpoint = aws;
    this.#client = new RDSDataClient(aws.client);
    const { mysql, secrets } = aws.host.engines;
    const cluster = await mysql.applyCluster({
      identifier: 'fdi',
      database: 'integration',
      masterUsername: 'master',
      masterPassword: PASSWORD,
      parameters: PARAMETERS,
      dataApiEnabled: true,
    });
    const secret = await secrets.put('master', JSON.stringify({ username: 'master', password: PASSWORD }));
    const { accessKeyId, secretAccessKey, sessionToken } = aws.client.credentials;
    this.environment = {
      AWS_ENDPOINT_URL_RDS_DATA: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: aws.url,
      AWS_REGION: aws.client.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      DATABASE_CLUSTER_ARN: cluster.arn,
      DATABASE_SECRET_ARN: secret.arn,
      DATABASE_NAME: 'integration',
      CATALOG_TABLE,
    };
    for (const statement of migrationsOf(MIGRATIONS).migrations.flatMap(statementsOf).filter(isDefinition)) {
      await this.query(statement);
    }
    await this.query(ADVANCE_FUNCTION_SQL);
    await this.query(OVERLAP_FUNCTION_SQL);
    await this.query(ADVANCE_KEYS_FUNCTION_SQL);
    await this.query(READMIT_FUNCTION_SQL);
    await createCatalogue(aws.host.engines.dynamodb);
  }

  /** Enters the model of the sensors whose messages `record` makes. */
  async enterModel(
    product: Pick<ProductDescription, 'thingModel' | 'enforcement'>,
    productId = PRODUCT,
  ): Promise<void> {
    await enterModel((this.#endpoint as Endpoint).client, productId, product);
  }

  /** From now on the catalogue answers nobody, or everybody again. */
  catalogueIsAway(away: boolean): void {
    const { denied } = this.#endpoint as Endpoint;
    denied[away ? 'add' : 'delete']('dynamodb:GetItem');
  }

  async stop(): Promise<void> {
    this.#client?.destroy();
    await this.#endpoint?.stop();
  }

  async reset(): Promise<void> {
    this.guard = {};
    for (const sql of TABLES) {
      await this.query(sql);
    }
    this.calls.length = 0;
  }

  /** Rows of a SELECT; none for anything else. */
  async query(sql: string): Promise<Row[]> {
    const {
      DATABASE_CLUSTER_ARN: resourceArn,
      DATABASE_SECRET_ARN: secretArn,
      DATABASE_NAME: database,
    } = this.environment;
    const { formattedRecords } = await (this.#client as RDSDataClient).send(
      new ExecuteStatementCommand({ resourceArn, secretArn, database, sql: `${sql} `, formatRecordsAs: 'JSON' }),
    );

    return formattedRecords === undefined ? [] : JSON.parse(formattedRecords);
  }

  #guarded(engine: Engine): Engine {
    const services = (engine.services ?? []).map((service) => ({
      ...service,
      handle: async (request: AwsRequest, ...rest: [never]): Promise<AwsResponse> => {
        const call = callOf(request);
        // The test's own questions end with a space.
        if (call.sql.endsWith(' ')) {
          return service.handle(request, ...rest);
        }
        this.calls.push(call);
        await this.guard.before?.(call);
        const answer = await service.handle(request, ...rest);
        await this.guard.after?.(call);

        return answer;
      },
    }));

    return { ...engine, services };
  }
}

/** A parking lot for the tests of one file. */
export function parking(): Parking {
  const lot = new Parking();
  beforeAll(() => lot.start(), 60_000);
  afterAll(() => lot.stop(), 60_000);
  beforeEach(() => lot.reset(), 20_000);

  return lot;
}

function callOf({ path, body }: AwsRequest): DataApiCall {
  return { operation: path.slice(1), sql: String(JSON.parse(body.toString()).sql ?? '') };
}
