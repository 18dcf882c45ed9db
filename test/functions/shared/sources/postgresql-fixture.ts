import { afterAll, beforeAll } from '@jest/globals';
import { type PostgresqlServer, startPostgresql } from './postgresql-server.ts';

/** A PostgreSQL of the calling file's own. */
export function privatePostgresql() {
  let server: PostgresqlServer;

  beforeAll(async () => {
    server = await startPostgresql();
  }, 60_000);

  afterAll(() => server?.stop());

  return {
    run: (sql: string, database?: string) => server.run(sql, database),
    get port() {
      return server.port;
    },
    /** @param options with their question mark */
    source: (options = '') => ({
      type: 'postgresql',
      url: `jdbc:postgresql://localhost:${server.port}/shop${options}`,
      user: server.user,
      password: server.password,
    }),
  };
}
