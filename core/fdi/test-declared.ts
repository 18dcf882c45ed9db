import type { SourceKind } from '../apic/script/jdbc-url.ts';
import { driverProblem } from './driver-problem.ts';
import type { SourceCheck } from './test-database.ts';

/** A session of the source. */
export interface DeclaredSession {
  /** @returns rows where there are some */
  run(statement: string, values?: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface TestDeclaredPorts {
  /** Finds its address and logs in. @throws what the network, the driver or the server says */
  readonly open: () => Promise<{ readonly kind: SourceKind; readonly user: string; readonly session: DeclaredSession }>;
  readonly now: () => number;
}

type Check = (session: DeclaredSession) => Promise<unknown>;

interface Dialect {
  quoted(name: string): string;
  /** Of columns that an INSERT may name; schema, then table. */
  readonly columns: string;
}

const DIALECTS: Readonly<Record<Exclude<SourceKind, 'redis'>, Dialect>> = {
  mysql: {
    quoted: (name) => `\`${name.replaceAll('`', '``')}\``,
    columns:
      "SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND TABLE_NAME = ? AND COALESCE(GENERATION_EXPRESSION, '') = '' ORDER BY ORDINAL_POSITION",
  },
  postgresql: {
    quoted: (name) => `"${name.replaceAll('"', '""')}"`,
    columns:
      "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = COALESCE(NULLIF(CAST(? AS text), ''), current_schema()) AND table_name = CAST(? AS text) AND is_generated = 'NEVER' AND is_identity = 'NO' ORDER BY ordinal_position",
  },
};

/**
 * Tries what a source is for: it is reached, lets its user in and answers, and for each table that is written, rows may be added, changed
 * and deleted: proved by statements that change none, in a transaction that is taken back.
 */
export async function testDeclared(
  { open, now }: TestDeclaredPorts,
  writes: readonly string[] = [],
): Promise<readonly SourceCheck[]> {
  let opened: Awaited<ReturnType<TestDeclaredPorts['open']>> | undefined;
  const connects = await checked(now, '', 'connects', async () => {
    opened = await open();
  });
  if (opened === undefined) {
    return [connects]; // all others would fail for the same reason
  }
  const { kind, user, session } = opened;
  const checks: SourceCheck[] = [{ ...connects, user }];
  try {
    for (const [what, check] of checksOf(kind, writes)) {
      checks.push(await checked(now, user, what, () => check(session)));
    }
  } finally {
    await session.close();
  }

  return checks;
}

function checksOf(kind: SourceKind, writes: readonly string[]): readonly (readonly [what: string, check: Check])[] {
  if (kind === 'redis') {
    return [];
  }
  const dialect = DIALECTS[kind];

  return writes.flatMap((table) => [
    [
      `reads ${table}`,
      (session: DeclaredSession) => session.run(`SELECT 1 AS one FROM ${inFull(dialect, table)} LIMIT 1`),
    ] as const,
    [`writes ${table}`, (session: DeclaredSession) => write(session, dialect, table)] as const,
  ]);
}

async function write(session: DeclaredSession, dialect: Dialect, table: string): Promise<void> {
  const [name = '', schema = ''] = table.split('.').reverse();
  const place = inFull(dialect, table);
  const rows = (await session.run(dialect.columns, [schema, name])) as readonly { readonly name: string }[];
  const columns = rows.map((row) => dialect.quoted(String(row.name)));
  const list = columns.join(', ');
  const statements =
    columns.length === 0
      ? []
      : [
          `INSERT INTO ${place} (${list}) SELECT ${list} FROM ${place} WHERE 1 = 0`,
          `UPDATE ${place} SET ${columns[0]} = ${columns[0]} WHERE 1 = 0`,
        ];
  await session.run('START TRANSACTION');
  try {
    for (const statement of [...statements, `DELETE FROM ${place} WHERE 1 = 0`]) {
      await session.run(statement);
    }
  } finally {
    await session.run('ROLLBACK');
  }
}

function inFull(dialect: Dialect, table: string): string {
  return table.split('.').map(dialect.quoted).join('.');
}

async function checked(
  now: () => number,
  user: string,
  what: string,
  check: () => Promise<unknown>,
): Promise<SourceCheck> {
  const startedAt = now();
  const about = () => ({ user, what, milliseconds: Math.round(now() - startedAt) });
  try {
    await check();

    return { ...about(), ok: true };
  } catch (error) {
    return { ...about(), ok: false, ...driverProblem(error) };
  }
}
