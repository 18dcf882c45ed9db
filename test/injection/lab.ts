import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { ApiHandler } from '../../functions/shared/chain.ts';
import { createDataApi } from '../../local/data-api/engine.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { DEFINITION } from '../conformance/data-api.ts';
import { endpoint } from '../conformance/endpoint.ts';
import { context, proxyEvent } from '../functions/apic/gateway.ts';
import type { Target } from './attack.ts';
import { definitionOf, FORMS, type Form, TABLES } from './forms.ts';

const ALLOWED = { verdict: 'allow', requestId: '56b2c6ae4a49f44b88670201eade9e05', app: '', bodySha256: '' };
const PASSWORD = 'plain';
/** Longer than the hostile values sleep. */
const STATEMENT_MILLIS = 6_000;

export interface Lab extends Target {
  /** Makes the tables what they were. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The handler of data APIs as deployed, over the Data API and a MariaDB of its own. It works as the database's master: no missing right may
 * hide that a statement was changed.
 *
 * @param load imports the handler when its definitions lie ready
 * @param modes beside the platform's own; with NO_BACKSLASH_ESCAPES a backslash is a character like any other
 */
export async function startLab(
  load: () => Promise<{ readonly handler: ApiHandler }>,
  ...modes: 'NO_BACKSLASH_ESCAPES'[]
): Promise<Lab> {
  const aws = await endpoint({
    secrets: createSecretsEngine,
    mysql: createMysqlEngine,
    dataApi: (host) => createDataApi(host, { limits: { statementMillis: STATEMENT_MILLIS } }),
  });
  const { mysql: engine, secrets } = aws.host.engines;
  const sqlMode = [DEFINITION.parameters.sql_mode, ...modes].join(',');
  const { arn, socketPath, database } = await engine.applyCluster({
    ...DEFINITION,
    masterPassword: PASSWORD,
    parameters: { ...DEFINITION.parameters, sql_mode: sqlMode },
  });
  const login = { user: 'master', password: PASSWORD };
  const charset = 'utf8mb4_unicode_ci';
  const connection = await mysql.createConnection({ socketPath, database, charset, ...login });
  const reset = async () => {
    for (const table of TABLES) {
      await connection.query(table);
    }
  };
  await reset();
  const secret = await secrets.put('master', JSON.stringify({ username: login.user, password: login.password }));
  Object.assign(process.env, {
    LAMBDA_TASK_ROOT: definitions(),
    AWS_REGION: aws.client.region,
    AWS_ENDPOINT_URL_RDS_DATA: aws.url,
    AWS_ACCESS_KEY_ID: aws.client.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.client.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: aws.client.credentials.sessionToken,
    DATABASE_CLUSTER_ARN: arn,
    DATABASE_SECRET_ARN: secret.arn,
    DATABASE_NAME: database,
  });
  const { handler } = await load();
  return {
    reset,
    async call(form, value) {
      const { statusCode, body } = await handler(eventOf(form, value), context());

      return { status: statusCode, text: body };
    },
    async truth(sql, values) {
      const [rows] = await connection.execute(sql, values as never);

      return rows as Record<string, unknown>[];
    },
    async stop() {
      await connection.end();
      await aws.stop();
    },
  };
}

function eventOf({ name, method }: Form, value: string) {
  const fields = new URLSearchParams({ x: value }).toString();
  const target = `/injection/${name}`;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const request = method === undefined ? { target: `${target}?${fields}` } : { target, method, headers, body: fields };

  return proxyEvent(request, { ...ALLOWED, api: name });
}

function definitions(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-injection-'));
  const apis = FORMS.map(definitionOf);
  writeFileSync(join(folder, 'definitions.json'), JSON.stringify({ group: 'Injection', stage: 'RELEASE', apis }));

  return folder;
}
