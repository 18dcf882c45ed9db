import { namedStatement } from '../../core/apic/script/positional.ts';
import { Refusal } from '../../core/errors.ts';
import { driverProblem } from '../../core/fdi/driver-problem.ts';
import type { MongoSession } from '../../core/fdi/run-mongo-port.ts';
import { mysqlDialect } from '../../core/fdi/run-mysql.ts';
import { postgresqlDialect } from '../../core/fdi/run-postgresql.ts';
import type { RunRow, RunStatement } from '../../core/fdi/run-session.ts';
import type { AskedSource } from '../../core/fdi/source-tables.ts';
import type { SourceSession } from '../../core/fdi/test-database.ts';
import type { TestDeclaredPorts } from '../../core/fdi/test-declared.ts';

/** A declared source, opened for questions, and closed behind them. @throws Refusal for one that has no tables */
export async function asking<Answer>(
  name: string,
  open: TestDeclaredPorts['open'],
  work: (source: () => Promise<AskedSource>) => Promise<Answer>,
): Promise<Answer> {
  let opened: Awaited<ReturnType<TestDeclaredPorts['open']>> | undefined;
  try {
    return await work(async () => {
      opened = await open();
      const { kind, session } = opened;
      if (kind === 'redis') {
        throw new Refusal('CAUSEWAY.0400', { message: `${name} is Redis, which has no tables.` });
      }

      return {
        dialect: kind === 'mysql' ? mysqlDialect : postgresqlDialect,
        async query({ sql, values }: RunStatement) {
          const rows = await session.run(sql, values.map(String));

          return Array.isArray(rows) ? (rows as readonly RunRow[]) : [];
        },
      };
    });
  } finally {
    await opened?.session.close();
  }
}

/** The same of a MongoDB. @throws Refusal `CAUSEWAY.0412` when it cannot be asked */
export async function askedMongo<Answer>(
  name: string,
  open: () => Promise<MongoSession>,
  work: (session: MongoSession) => Promise<Answer>,
): Promise<Answer> {
  let session: MongoSession | undefined;
  try {
    session = await open();

    return await work(session);
  } catch (cause) {
    if (cause instanceof Refusal) {
      throw cause;
    }
    const { problem, advice } = driverProblem(cause);
    throw new Refusal('CAUSEWAY.0412', { message: `${name} cannot be asked: ${problem}. To do: ${advice}.`, cause });
  } finally {
    await session?.close();
  }
}

/** The platform's own database, with the rights of tasks. */
export function askedPlatform(session: SourceSession): AskedSource {
  return {
    dialect: mysqlDialect,
    query({ sql, values }) {
      const named = namedStatement(sql, values);

      return session.query(named.sql, named.parameters);
    },
  };
}
