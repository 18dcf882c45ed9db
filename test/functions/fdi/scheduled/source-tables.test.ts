import { beforeAll, expect, test } from '@jest/globals';
import type { RunStatement } from '../../../../core/fdi/run-session.ts';
import { type AskedSource, sourceColumns, sourceTables } from '../../../../core/fdi/source-tables.ts';
import { databases, type Side } from './databases.ts';

const { mysql, postgresql, side } = databases();

beforeAll(async () => {
  await mysql.run('DROP TABLE IF EXISTS seen_b, seen_a');
  await mysql.run('DROP VIEW IF EXISTS seen_v');
  await mysql.run(`CREATE TABLE seen_b (Part INT UNSIGNED NOT NULL, Name VARCHAR(40) NOT NULL, Price DECIMAL(10, 2), Body BLOB,
    At DATETIME(3), PRIMARY KEY (Name, Part)) DEFAULT CHARSET utf8mb4`);
  await mysql.run('CREATE TABLE seen_a (Id BIGINT)');
  await mysql.run('CREATE VIEW seen_v AS SELECT Id FROM seen_a');
  await postgresql.run('DROP VIEW IF EXISTS seen_v');
  await postgresql.run('DROP TABLE IF EXISTS seen_b, seen_a');
  await postgresql.run(`CREATE TABLE seen_b (part int NOT NULL, name varchar(40) NOT NULL, price numeric(10, 2), body bytea,
    at timestamptz, PRIMARY KEY (name, part))`);
  await postgresql.run('CREATE TABLE seen_a (id bigint)');
  await postgresql.run('CREATE VIEW seen_v AS SELECT id FROM seen_a');
});

const asked =
  ({ dialect, open }: Side) =>
  async (): Promise<AskedSource> => {
    const session = await open();

    return { dialect, query: (statement: RunStatement) => session.query(statement).finally(() => session.close()) };
  };

/** Each question on a session of its own: what is asked is what counts here. */
const reopened = (own: Side) => async (): Promise<AskedSource> => ({
  dialect: own.dialect,
  query: async (statement) => (await asked(own)()).query(statement),
});

const ENGINES: readonly (readonly [string, () => Side])[] = [
  ['MySQL', () => side.mysql()],
  ['the platform', () => side.platform()],
  ['PostgreSQL', () => side.postgresql()],
];

test.each(ENGINES)('%s: tables and views are listed', async (_engine, own) => {
  const tables = await sourceTables('shop', reopened(own()));

  expect(tables.filter(({ name }) => name.startsWith('seen_'))).toEqual([
    { name: 'seen_a', kind: 'table' },
    { name: 'seen_b', kind: 'table' },
    { name: 'seen_v', kind: 'view' },
  ]);
});

test.each(ENGINES)('%s: columns are listed with what tasks read them as', async (engine, own) => {
  const columns = await sourceColumns('shop', 'seen_b', reopened(own()));
  const isPostgresql = engine === 'PostgreSQL';

  expect(columns.map((column) => ({ ...column, name: column.name.toLowerCase() }))).toEqual([
    { name: 'part', type: isPostgresql ? 'int' : 'int unsigned', readAs: 'integer', nullable: false, key: 2 },
    { name: 'name', type: 'varchar(40)', readAs: 'string', nullable: false, key: 1 },
    {
      name: 'price',
      type: `${isPostgresql ? 'numeric' : 'decimal'}(10,2)`,
      readAs: 'number',
      nullable: true,
      key: null,
    },
    { name: 'body', type: isPostgresql ? 'bytea' : 'blob', readAs: null, nullable: true, key: null },
    { name: 'at', type: isPostgresql ? 'timestamptz' : 'datetime', readAs: 'datetime', nullable: true, key: null },
  ]);
});

test('a table there is not is not found; a source that cannot be asked says why', async () => {
  await expect(sourceColumns('shop', 'nothing', reopened(side.mysql()))).rejects.toMatchObject({
    code: 'CAUSEWAY.0404',
    message: 'shop has no table nothing that its user sees; causeway datasource tables shop lists those it does.',
  });
  const unreachable = async () => {
    throw new Error('connect ECONNREFUSED 10.0.0.1:3306');
  };
  await expect(sourceTables('shop', unreachable)).rejects.toMatchObject({
    code: 'CAUSEWAY.0412',
    message: expect.stringMatching(/^shop cannot be asked: nobody listens at the port.* To do: start the server/),
  });
});
