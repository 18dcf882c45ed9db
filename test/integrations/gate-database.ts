import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { ApiParameter } from '../../core/apic/api-definition.ts';
import { sqlTemplate } from '../../core/apic/sql-template.ts';
import { splitStatements } from '../../core/sql/lexer.ts';
import { createLogs } from '../../local/log.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { freePort } from '../conformance/endpoint.ts';

const PARAMETERS: readonly ApiParameter[] = [
  { name: 'plate', in: 'query', type: 'string', required: true },
  { name: 'zone', in: 'query', type: 'string', required: false },
  { name: 'limit', in: 'query', type: 'integer', required: false, default: '100', minimum: 1, maximum: 1000 },
];

export type Row = Readonly<Record<string, unknown>>;

/** A private MariaDB with the parking lot's tables. */
export interface GateDatabase {
  run(sql: string, values?: unknown[]): Promise<void>;
  /** Runs an API's statement as the function would: parameters bound, at a given time (UTC). */
  ask(sql: string, values: Readonly<Record<string, string | number>>, now?: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function startGateDatabase(): Promise<GateDatabase> {
  const state = mkdtempSync(join(tmpdir(), 'causeway-gates-'));
  const logs = createLogs(state);
  const port = await freePort();
  const engine = createMysqlEngine({ state, ports: { mysql: port } as never, logs, progress: () => undefined });
  const cluster = await engine.applyCluster({
    identifier: 'test',
    database: 'integration',
    masterUsername: 'master',
    masterPassword: 'password',
    // As the platform's parameter group has them.
    parameters: {
      sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
      collation_server: 'utf8mb4_unicode_ci',
      time_zone: 'UTC',
    },
    dataApiEnabled: true,
  });
  const connection = await mysql.createConnection({
    host: cluster.host,
    port,
    user: 'master',
    password: 'password',
    database: cluster.database,
    dateStrings: true,
    namedPlaceholders: true,
  });
  await connection.query("SET time_zone = '+00:00'");
  for (const file of ['001-tables.sql', '002-gates.sql']) {
    const script = readFileSync(new URL(`../../integrations/parking/sql/${file}`, import.meta.url), 'utf8');
    for (const statement of splitStatements(script)) {
      await connection.query(statement);
    }
  }

  return {
    async run(sql, values) {
      await connection.query(sql, values);
    },

    async ask(sql, values, now) {
      const rendered = sqlTemplate(sql, PARAMETERS).render(new Map(Object.entries(values)));
      const bound = rendered.parameters.map(({ name, value }) => [name, Object.values(value)[0]]);
      await connection.query('SET TIMESTAMP = ?', [now === undefined ? 0 : Date.parse(`${now}Z`) / 1000]);
      const [rows] = await connection.query(rendered.sql, Object.fromEntries(bound));

      return (rows as object[]).map((row) => ({ ...row }));
    },

    async stop() {
      await connection.end();
      await engine.stop();
      logs.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}
