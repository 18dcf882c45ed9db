import { startPlatform } from '../../../bench/fdi/platform.ts';
import { startPostgresql } from '../../functions/shared/sources/postgresql-server.ts';
import { childProgram } from './child-program.ts';
import type { Engine, Pair } from './scene.ts';

/** A private MariaDB, which is the platform's database and an external one too, and a private PostgreSQL. */
export interface Databases {
  readonly platform: Engine;
  /** What the processes run that are killed. */
  readonly program: string;
  sidesOf(pair: Pair): { readonly source: Engine; readonly target: Engine };
  stop(): Promise<void>;
}

/** Started for this process and those it starts: their addresses are in its environment. */
export async function startDatabases(): Promise<Databases> {
  // A dead process's transaction is met by its successor after that long.
  const platform = await startPlatform({ innodb_lock_wait_timeout: '1' });
  Object.assign(process.env, platform.environment, { CAUSEWAY_LOOPBACK: 'allowed' });
  const connection = await platform.connect();
  const postgresql = await startPostgresql();
  const program = await childProgram();
  const query = async (sql: string) => {
    const [rows] = await connection.query(sql);

    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  };
  const [row] = await query('SELECT @@port AS port');
  const url = `jdbc:mysql://127.0.0.1:${row?.['port']}/integration`;
  const own: Engine = { kind: 'mysql', side: { kind: 'platform' }, run: query };
  const mysql: Engine = { ...own, side: { kind: 'mysql', url, user: 'master', password: 'bench' } };
  const other: Engine = {
    kind: 'postgresql',
    side: {
      ...{ kind: 'postgresql', url: `jdbc:postgresql://localhost:${postgresql.port}/shop` },
      ...{ user: postgresql.user, password: postgresql.password },
    },
    run: (sql) => postgresql.run(sql),
  };
  const pairs: Readonly<Record<Pair, { source: Engine; target: Engine }>> = {
    'mysql-mysql': { source: mysql, target: mysql },
    'postgresql-platform': { source: other, target: own },
    'mysql-postgresql': { source: mysql, target: other },
  };

  return {
    platform: own,
    program: program.path,
    sidesOf: (pair) => pairs[pair],
    async stop() {
      program.remove();
      await connection.end();
      await Promise.all([platform.stop(), postgresql.stop()]);
    },
  };
}
