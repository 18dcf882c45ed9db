import { afterAll, beforeAll } from '@jest/globals';
import mysql from 'mysql2/promise';
import { createDataApi } from '../../../../local/data-api/engine.ts';
import { createMysqlEngine } from '../../../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../../../local/secrets/engine.ts';
import { DEFINITION } from '../../../conformance/data-api.ts';
import { type Endpoint, endpoint } from '../../../conformance/endpoint.ts';

/** A MariaDB of the calling file's own, the platform's database at `127.0.0.1`, any other one at `localhost`. */
export function privateMysql() {
  let aws: Endpoint;
  let port: number;

  beforeAll(async () => {
    aws = await endpoint({ secrets: createSecretsEngine, mysql: createMysqlEngine, dataApi: createDataApi });
    const { mysql: engine, secrets } = aws.host.engines;
    port = aws.host.ports.mysql;
    const cluster = await engine.applyCluster(DEFINITION);
    const login = { username: 'master', password: DEFINITION.masterPassword };
    const secret = await secrets.put('master', JSON.stringify(login));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      DATABASE_ENDPOINT: `127.0.0.1:${port}`,
      DATABASE_CLUSTER_ARN: cluster.arn,
      DATABASE_SECRET_ARN: secret.arn,
      DATABASE_NAME: DEFINITION.database,
    });
  }, 60_000);

  afterAll(() => aws?.stop(), 60_000);

  const login = { type: 'mysql', user: 'master', password: DEFINITION.masterPassword };

  return {
    get port() {
      return port;
    },
    /** @param options with their question mark */
    direct: (options = '') => ({ ...login, url: `jdbc:mysql://localhost:${port}/integration${options}` }),
    platform: (options = '') => ({ ...login, url: `jdbc:mysql://127.0.0.1:${port}/integration${options}` }),
    async run(sql: string): Promise<Record<string, unknown>[]> {
      const { user, password } = login;
      const connection = await mysql.createConnection({
        host: '127.0.0.1',
        port,
        user,
        password,
        database: 'integration',
      });
      try {
        const [rows] = await connection.query(sql);
        return rows as Record<string, unknown>[];
      } finally {
        await connection.end();
      }
    },
  };
}
