import { type DatabaseUser, PLATFORM_SCOPE } from '../platform/database-users.ts';
import type { BoundParameter } from '../sql/bound-parameter.ts';
import type { SourceCheck } from './source-check.ts';
import { type SourceProblem, sourceProblem } from './source-fault.ts';
import { quoted } from './statement.ts';

type Row = Readonly<Record<string, unknown>>;

/** One user's way into the database. Each throws what the Data API or its network throws. */
export interface SourceSession {
  /** Rows as objects, column labels as keys. */
  query(sql: string, parameters?: readonly BoundParameter[]): Promise<readonly Row[]>;
  /** Runs the statements in one transaction and takes it back, whatever happens. */
  tryOut(statements: readonly string[]): Promise<void>;
}

export interface TestDatabasePorts {
  readonly session: (user: DatabaseUser) => SourceSession;
  /** Tables that tasks write into. */
  readonly targets: () => Promise<readonly string[]>;
  readonly now: () => number;
}

/** In the platform's schema: what delivering exactly once takes. */
const LEDGER = ['position', 'quarantine', 'lease'];

/**
 * Tries what each user is for: tasks read and write their tables and the delivery ledger, APIs read and write what their stacks declare and
 * nothing else, the reader reads. Writing is proved by statements that change no row, in a transaction that is taken back.
 */
export async function testDatabase(ports: TestDatabasePorts): Promise<SourceCheck[]> {
  const targets = await ports.targets();
  const results = await Promise.all([
    testUser(ports, 'causeway_fdi', () => taskRights(targets)),
    testUser(ports, 'causeway_api', () => apiRights(ports)),
    testUser(ports, 'causeway_reader', async () => [
      ...targets.map((table): Right => ({ table: quoted(table), writes: false })),
      { table: 'causeway.`position`', writes: false },
    ]),
  ]);

  return results.flat();
}

interface Right {
  /** As it stands in a statement. */
  readonly table: string;
  readonly writes: boolean;
  /** True: being let in is the fault. No API may see who wrote what. */
  readonly forbidden?: boolean;
}

async function testUser(
  ports: TestDatabasePorts,
  user: DatabaseUser,
  rightsOf: () => Promise<readonly Right[]>,
): Promise<SourceCheck[]> {
  const session = ports.session(user);
  const connects = await checked(ports, user, 'connects', () => done(session.query('SELECT 1 AS one')));
  if (!connects.ok) {
    return [connects]; // all others would fail for the same reason
  }
  const checks: SourceCheck[] = [connects];
  let rights: readonly Right[] = [];
  const listing = await checked(ports, user, 'is told its tables', async () => {
    rights = await rightsOf();

    return undefined;
  });
  if (!listing.ok) {
    return [connects, listing];
  }
  for (const right of rights) {
    checks.push(...(await checksOf(ports, user, session, right)));
  }

  return checks;
}

async function checksOf(
  ports: TestDatabasePorts,
  user: DatabaseUser,
  session: SourceSession,
  { table, writes, forbidden = false }: Right,
): Promise<SourceCheck[]> {
  const name = table.replaceAll('`', '');
  const read = () => done(session.query(`SELECT 1 AS one FROM ${table} LIMIT 1`));
  if (forbidden) {
    return [await checked(ports, user, `is kept out of ${name}`, () => keptOut(read))];
  }
  const reads = await checked(ports, user, `reads ${name}`, read);
  if (!writes || !reads.ok) {
    return [reads];
  }

  return [reads, await checked(ports, user, `writes ${name}`, () => done(write(session, table)))];
}

/** No row is changed, and yet rights, the table and the server's readiness to write are asked for. */
async function write(session: SourceSession, table: string): Promise<void> {
  const [schema, bare] = table.includes('.') ? table.split('.') : ['DATABASE()', table];
  const inSchema = schema === 'DATABASE()' ? schema : `'${schema?.replaceAll('`', '')}'`;
  const columns = await session.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${inSchema}` +
      ` AND TABLE_NAME = '${bare?.replaceAll('`', '')}' AND COALESCE(GENERATION_EXPRESSION, '') = '' ORDER BY ORDINAL_POSITION`,
  );
  const names = columns.map(({ name }) => quoted(String(name)));
  const [first] = names;
  await session.tryOut([
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${table} WHERE 1 = 0`,
    `UPDATE ${table} SET ${first} = ${first} WHERE 1 = 0`,
    `DELETE FROM ${table} WHERE 1 = 0`,
  ]);
}

async function taskRights(targets: readonly string[]): Promise<Right[]> {
  return [
    ...targets.map((table) => ({ table: quoted(table), writes: true })),
    ...LEDGER.map((table) => ({ table: `causeway.${quoted(table)}`, writes: true })),
  ];
}

/** What stacks gave it, as the platform wrote it down; who may read that is the reader. */
async function apiRights({ session }: TestDatabasePorts): Promise<Right[]> {
  const rows = await session('causeway_reader').query(
    `SELECT Target AS target, GROUP_CONCAT(Rights) AS rights FROM causeway.granted
      WHERE Grantee = 'causeway_api' AND Scope <> '${PLATFORM_SCOPE}' GROUP BY Target ORDER BY Target`,
  );
  const declared = rows.map(({ target, rights }) => ({
    table: String(target),
    writes: ['INSERT', 'UPDATE', 'DELETE'].every((right) => String(rights).includes(right)),
  }));

  return [...declared, { table: 'causeway.`position`', writes: false, forbidden: true }];
}

async function keptOut(read: () => Promise<unknown>): Promise<SourceProblem | undefined> {
  try {
    await read();
  } catch (error) {
    const problem = sourceProblem(error);

    return problem.kind === 'rights' ? undefined : problem;
  }
  return {
    kind: 'rights',
    problem: 'the user may read what it must not',
    advice: "take the right away, and deploy the platform: its migrations give exactly the platform's rights",
  };
}

/** It did not throw: no problem. */
async function done(work: Promise<unknown>): Promise<undefined> {
  await work;

  return undefined;
}

async function checked(
  { now }: TestDatabasePorts,
  user: string,
  what: string,
  check: () => Promise<SourceProblem | undefined>,
): Promise<SourceCheck> {
  const startedAt = now();
  const about = () => ({ user, what, milliseconds: Math.round(now() - startedAt) });
  try {
    const problem = await check();

    return problem === undefined ? { ...about(), ok: true } : { ...about(), ok: false, ...problem };
  } catch (error) {
    return { ...about(), ok: false, ...sourceProblem(error) };
  }
}
