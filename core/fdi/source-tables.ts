import { Refusal } from '../errors.ts';
import { driverProblem } from './driver-problem.ts';
import type { RunDialect } from './run-dialect.ts';
import { type RunRow, type RunSession, type RunStatement, statement } from './run-session.ts';

/** A table or a view that a source's user sees. */
export interface SourceTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
}

/** A column, as a mapping has to know it. */
export interface SourceColumn {
  readonly name: string;
  /** The engine's, with its length: `varchar(40)`, `decimal(10,2)`. */
  readonly type: string;
  /** What tasks read it as; null of one whose values they do not carry. */
  readonly readAs: string | null;
  readonly nullable: boolean;
  /** Its place in the primary key, from 1; null outside of it. */
  readonly key: number | null;
}

/** A way into a source, for questions. */
export interface AskedSource {
  readonly dialect: RunDialect;
  query(statement: RunStatement): Promise<readonly RunRow[]>;
}

/** More are not shown: who has so many knows the name. */
const MAX_TABLES = 5000;
/** Those of the database, or of the schema that the source's user works in. */
const TABLES_SQL = `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'VIEW') ORDER BY TABLE_NAME LIMIT ${MAX_TABLES}`;
const POSTGRESQL_TABLES_SQL = `SELECT table_name::text AS name, table_type::text AS kind FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type IN ('BASE TABLE', 'VIEW', 'FOREIGN') ORDER BY table_name LIMIT ${MAX_TABLES}`;

/** Tables and views, by name. @throws Refusal `CAUSEWAY.0412` when the source cannot be asked */
export async function sourceTables(name: string, source: () => Promise<AskedSource>): Promise<readonly SourceTable[]> {
  return asking(name, async () => {
    const { dialect, query } = await source();
    const rows = await query(statement(isMysql(dialect) ? TABLES_SQL : POSTGRESQL_TABLES_SQL));

    return rows.map((row) => ({ name: String(row['name']), kind: row['kind'] === 'VIEW' ? 'view' : 'table' }));
  });
}

/** The columns of a table or view, in its order. @throws Refusal `CAUSEWAY.0404` for none of that name, `CAUSEWAY.0412` when it cannot be asked */
export async function sourceColumns(
  name: string,
  table: string,
  source: () => Promise<AskedSource>,
): Promise<readonly SourceColumn[]> {
  const shape = await asking(name, async () => {
    const { dialect, query } = await source();

    return { dialect, shape: await dialect.describe({ query } as Pick<RunSession, 'query'> as RunSession, table) };
  });
  const { dialect } = shape;
  if (shape.shape === undefined) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `${name} has no table ${table} that its user sees; causeway datasource tables ${name} lists those it does.`,
    });
  }
  const { columns, primaryKey } = shape.shape;

  return columns.map((column) => {
    const place = primaryKey.indexOf(column.name);

    return {
      name: column.name,
      type: typeText(column),
      readAs: dialect.read(column, '') === undefined ? null : dialect.typeOf(column),
      nullable: column.nullable,
      key: place < 0 ? null : place + 1,
    };
  });
}

function isMysql(dialect: RunDialect): boolean {
  return dialect.text.long !== 'text';
}

function typeText({ type, kind, length, precision, scale, unsigned }: Parameters<RunDialect['typeOf']>[0]): string {
  if (kind === 'decimal') {
    return `${type}(${precision},${scale})${unsigned ? ' unsigned' : ''}`;
  }
  if (kind === 'integer' || kind === 'float') {
    return `${type}${unsigned ? ' unsigned' : ''}`;
  }

  return ['varchar', 'char', 'varbinary', 'binary', 'bpchar'].includes(type) && length > 0 && length < 2 ** 24
    ? `${type}(${length})`
    : type;
}

async function asking<Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Refusal) {
      throw cause;
    }
    const { problem, advice } = driverProblem(cause);
    throw new Refusal('CAUSEWAY.0412', { message: `${name} cannot be asked: ${problem}. To do: ${advice}.`, cause });
  }
}
