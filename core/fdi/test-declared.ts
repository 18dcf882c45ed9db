import type { SourceKind } from '../apic/script/jdbc-url.ts';
import { driverProblem } from './driver-problem.ts';
import { type Checking, checked, type SourceCheck, type Unproved } from './source-check.ts';

/** A session of the source. */
export interface DeclaredSession {
  /** @returns rows where there are some */
  run(statement: string, values?: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface TestDeclaredPorts {
  /** Finds its address and logs in. @throws what the network, the driver or the server says */
  readonly open: () => Promise<{
    readonly kind: SourceKind;
    readonly user: string;
    readonly session: DeclaredSession;
  }>;
  readonly now: () => number;
}

type Check = (session: DeclaredSession) => Promise<Unproved | undefined>;
type Right = 'INSERT' | 'UPDATE' | 'DELETE';

/** A table that is written. */
export interface WrittenTable {
  readonly table: string;
  /** What is done there; reading is, too. */
  readonly rights: readonly Right[];
  /** Whoever writes makes it where it is missing, if the user may. */
  readonly isMade?: boolean;
}

const ALL: readonly Right[] = ['INSERT', 'UPDATE', 'DELETE'];

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
  writes: readonly (string | WrittenTable)[] = [],
  problemOf: Checking['problemOf'] = driverProblem,
): Promise<readonly SourceCheck[]> {
  let opened: Awaited<ReturnType<TestDeclaredPorts['open']>> | undefined;
  const connects = await checked({ now, problemOf }, 'connects', async () => {
    opened = await open();

    return undefined;
  });
  if (opened === undefined) {
    return [connects]; // all others would fail for the same reason
  }
  const { kind, user, session } = opened;
  const checks: SourceCheck[] = [{ ...connects, user }];
  try {
    for (const [what, check] of checksOf(kind, writes)) {
      checks.push(await checked({ now, user, problemOf }, what, () => check(session)));
    }
  } finally {
    await session.close();
  }

  return checks;
}

function checksOf(
  kind: SourceKind,
  writes: readonly (string | WrittenTable)[],
): readonly (readonly [what: string, check: Check])[] {
  if (kind === 'redis') {
    return [];
  }
  const dialect = DIALECTS[kind];

  return writes
    .map((written) => (typeof written === 'string' ? { table: written, rights: ALL } : written))
    .flatMap((written): readonly (readonly [string, Check])[] =>
      written.isMade === true
        ? [[`writes ${written.table}`, (session) => writeMade(session, dialect, written)]]
        : [
            [`reads ${written.table}`, (session) => read(session, dialect, written.table)],
            [`writes ${written.table}`, (session) => write(session, dialect, written)],
          ],
    );
}

async function read(session: DeclaredSession, dialect: Dialect, table: string): Promise<undefined> {
  await session.run(`SELECT 1 AS one FROM ${inFull(dialect, table)} LIMIT 1`);

  return undefined;
}

async function writeMade(
  session: DeclaredSession,
  dialect: Dialect,
  written: WrittenTable,
): Promise<Unproved | undefined> {
  if ((await columnsOf(session, dialect, written.table)).length > 0) {
    return write(session, dialect, written);
  }

  return { unproved: 'it is not there yet: it is made when it is needed, if the user may; else that says how' };
}

async function columnsOf(session: DeclaredSession, dialect: Dialect, table: string): Promise<readonly string[]> {
  const [name = '', schema = ''] = table.split('.').reverse();
  const rows = (await session.run(dialect.columns, [schema, name])) as readonly { readonly name: string }[];

  return rows.map((row) => dialect.quoted(String(row.name)));
}

async function write(session: DeclaredSession, dialect: Dialect, { table, rights }: WrittenTable): Promise<undefined> {
  const place = inFull(dialect, table);
  const columns = await columnsOf(session, dialect, table);
  const list = columns.join(', ');
  const statements: Readonly<Record<Right, readonly string[]>> = {
    INSERT: columns.length === 0 ? [] : [`INSERT INTO ${place} (${list}) SELECT ${list} FROM ${place} WHERE 1 = 0`],
    UPDATE: columns.length === 0 ? [] : [`UPDATE ${place} SET ${columns[0]} = ${columns[0]} WHERE 1 = 0`],
    DELETE: [`DELETE FROM ${place} WHERE 1 = 0`],
  };
  await session.run('START TRANSACTION');
  try {
    for (const statement of ALL.filter((right) => rights.includes(right)).flatMap((right) => statements[right])) {
      await session.run(statement);
    }
  } finally {
    await session.run('ROLLBACK');
  }

  return undefined;
}

function inFull(dialect: Dialect, table: string): string {
  return table.split('.').map(dialect.quoted).join('.');
}
