import { beforeEach, expect, test } from '@jest/globals';
import { attempt, databases, type Side, scheduledTask } from './databases.ts';

const { mysql, postgresql, side } = databases();

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source, target, causeway_position');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run(`CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(200), Price DECIMAL(20, 4), At DATETIME(3), Stamp TIMESTAMP(3) NULL,
    Flag TINYINT(1), Real8 DOUBLE, Doc JSON, Changed DATETIME(3) NOT NULL, KEY (Changed, Id)) DEFAULT CHARSET utf8mb4`);
  await mysql.run(`CREATE TABLE target (Id BIGINT PRIMARY KEY, Name VARCHAR(20), Price DECIMAL(20, 4), At DATETIME(3), Stamp DATETIME(3),
    Flag TINYINT(1), Real8 DOUBLE, Doc JSON, BatchNo VARCHAR(40), Touched INT NOT NULL DEFAULT 0) DEFAULT CHARSET utf8mb4`);
  await postgresql.run('DROP TABLE IF EXISTS source, target, causeway_position');
  await postgresql.run(`CREATE TABLE source ("Id" bigint PRIMARY KEY, "Name" text, "Price" numeric(20, 4), "At" timestamp(3), "Stamp" timestamptz,
    "Flag" boolean, "Real8" float8, "Doc" jsonb, "Changed" timestamp(3) NOT NULL)`);
  await postgresql.run(`CREATE TABLE target ("Id" bigint PRIMARY KEY, "Name" varchar(20), "Price" numeric(20, 4), "At" timestamp(3),
    "Stamp" timestamptz, "Flag" boolean, "Real8" float8, "Doc" jsonb, "BatchNo" text)`);
});

const ROWS = `(1, 'é中😀', 12345678901234.5678, '2026-01-02 03:04:05.123', '2026-01-02 03:04:05.123', TRUE, 0.1, '{"a":[1,2]}', '2026-01-01 00:00:01'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01 00:00:02'),
  (3, '', -0.5, '1999-12-31 23:59:59.999', '2026-07-01 00:00:00', FALSE, 1e100, '"text"', '2026-01-01 00:00:03'),
  (4, 'four', 0, '2026-01-01', '2026-01-01', TRUE, 0, '[]', '2026-01-01 00:00:03'),
  (9007199254740993, 'nine', 1, '2026-01-01', '2026-01-01', TRUE, 1, '1', '2026-01-01 00:00:03')`;

/** What a target holds, in one form for both engines. */
async function targetRows(kind: 'mysql' | 'postgresql'): Promise<unknown[]> {
  const rows =
    kind === 'mysql'
      ? await mysql.run(`SELECT CAST(Id AS CHAR) AS Id, Name, CAST(Price AS CHAR) AS Price, CAST(At AS CHAR) AS At, CAST(Stamp AS CHAR) AS Stamp,
          Flag, Real8, CAST(Doc AS CHAR) AS Doc FROM target ORDER BY target.Id`)
      : await postgresql.run(`SELECT "Id"::text, "Name", "Price"::text, to_char("At", 'YYYY-MM-DD HH24:MI:SS.MS') AS "At",
          to_char("Stamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') AS "Stamp", "Flag"::int, "Real8", "Doc"::text FROM target ORDER BY target."Id"`);

  return rows.map((row) => ({
    ...row,
    Doc: row['Doc'] === null ? null : JSON.stringify(JSON.parse(String(row['Doc']))),
  }));
}

const EXPECTED = [
  {
    Id: '1',
    Name: 'é中😀',
    Price: '12345678901234.5678',
    At: '2026-01-02 03:04:05.123',
    Stamp: '2026-01-02 03:04:05.123',
    Flag: 1,
    Real8: 0.1,
    Doc: '{"a":[1,2]}',
  },
  { Id: '2', Name: null, Price: null, At: null, Stamp: null, Flag: null, Real8: null, Doc: null },
  {
    Id: '3',
    Name: '',
    Price: '-0.5000',
    At: '1999-12-31 23:59:59.999',
    Stamp: '2026-07-01 00:00:00.000',
    Flag: 0,
    Real8: 1e100,
    Doc: '"text"',
  },
  {
    Id: '4',
    Name: 'four',
    Price: '0.0000',
    At: '2026-01-01 00:00:00.000',
    Stamp: '2026-01-01 00:00:00.000',
    Flag: 1,
    Real8: 0,
    Doc: '[]',
  },
  {
    Id: '9007199254740993',
    Name: 'nine',
    Price: '1.0000',
    At: '2026-01-01 00:00:00.000',
    Stamp: '2026-01-01 00:00:00.000',
    Flag: 1,
    Real8: 1,
    Doc: '1',
  },
];

async function fill(kind: 'mysql' | 'postgresql'): Promise<void> {
  const insert = `INSERT INTO source VALUES ${ROWS}`;
  await (kind === 'mysql' ? mysql.run(insert) : postgresql.run(`SET TIME ZONE 'UTC'; ${insert}`));
}

const FROM: readonly (readonly [string, 'mysql' | 'postgresql', () => Side])[] = [
  ['MySQL', 'mysql', () => side.mysql()],
  ['the platform', 'mysql', () => side.platform()],
  ['PostgreSQL', 'postgresql', () => side.postgresql()],
];
const INTO: readonly (readonly [string, 'mysql' | 'postgresql', (task: string) => Side])[] = [
  ['MySQL', 'mysql', () => side.mysql()],
  ['the platform', 'mysql', (task) => side.platform(task)],
  ['PostgreSQL', 'postgresql', () => side.postgresql()],
];
const WAYS = FROM.flatMap(([from, sourceKind, source]) =>
  INTO.map(([into, targetKind, target]) => [from, into, { sourceKind, source, targetKind, target }] as const),
);

test.each(WAYS)(
  'from %s into %s every value arrives as it is, and what is there already stays',
  async (_from, into, way) => {
    await fill(way.sourceKind);
    const place = into === 'the platform' ? 'platform' : 'external';
    // MariaDB's JSON is a text by another name.
    const task = scheduledTask({ table: 'source', types: { Doc: 'json' } }, { place, batchNumberColumn: 'BatchNo' });
    const sides = { source: way.source(), target: way.target('Copy'), task };

    const first = await attempt(sides);

    expect(first).toMatchObject({
      end: { kind: 'succeeded' },
      counts: { read: 5, written: 5, unchanged: 0, rejected: 0 },
    });
    expect(await targetRows(way.targetKind)).toEqual(EXPECTED);
    const second = await attempt(sides);
    expect(second).toMatchObject({ end: { kind: 'succeeded' }, counts: { read: 5, rejected: 0 } });
    expect(await targetRows(way.targetKind)).toEqual(EXPECTED);
  },
);

test.each(INTO)('into %s what changed is written, and nothing else is touched', async (into, kind, target) => {
  await fill('mysql');
  const place = into === 'the platform' ? 'platform' : 'external';
  const task = scheduledTask(
    { table: 'source', columns: ['Id', 'Name', 'Price', 'At', 'Flag'] },
    { place, batchNumberColumn: 'BatchNo' },
  );
  const sides = { source: side.mysql(), target: target('Copy'), task };
  await attempt(sides);
  await mysql.run("UPDATE source SET Name = 'FOUR' WHERE Id = 4");

  const { counts } = await attempt(sides);

  expect(counts).toMatchObject({ read: 5, written: 1, unchanged: 4 });
  const batches =
    kind === 'mysql'
      ? await mysql.run('SELECT Name FROM target GROUP BY BatchNo, Name ORDER BY Name')
      : await postgresql.run('SELECT "Name" FROM target ORDER BY "Name" NULLS FIRST');
  expect(batches.map((row) => row['Name'])).toContain('FOUR');
});

test.each(INTO)(
  'into %s a row that does not fit is quarantined with its place, and the others arrive',
  async (into, kind, target) => {
    await mysql.run(
      "INSERT INTO source (Id, Name, Changed) VALUES (1, 'a', NOW()), (2, REPEAT('x', 30), NOW()), (3, 'c', NOW())",
    );
    const task = scheduledTask({ table: 'source' }, { place: into === 'the platform' ? 'platform' : 'external' });

    const { counts, rejected } = await attempt({ source: side.mysql(), target: target('Copy'), task });

    expect(counts).toMatchObject({ read: 3, written: 2, rejected: 1 });
    expect(rejected).toEqual([
      expect.objectContaining({
        record: expect.objectContaining({ position: 'Id=2' }),
        rejection: expect.objectContaining({ code: 'length' }),
      }),
    ]);
    expect(await targetRows(kind)).toEqual([
      expect.objectContaining({ Id: '1' }),
      expect.objectContaining({ Id: '3' }),
    ]);
  },
);

test.each(INTO)('into %s a row that only the database refuses is found by halves', async (into, kind, target) => {
  await (kind === 'mysql'
    ? mysql.run('ALTER TABLE target ADD CONSTRAINT small CHECK (Id <> 5)')
    : postgresql.run('ALTER TABLE target ADD CONSTRAINT small CHECK ("Id" <> 5)'));
  await mysql.run(
    `INSERT INTO source (Id, Changed) VALUES ${Array.from({ length: 11 }, (_, at) => `(${at + 1}, NOW())`).join()}`,
  );
  const task = scheduledTask(
    { table: 'source' },
    { place: into === 'the platform' ? 'platform' : 'external' },
    { pageSize: 8 },
  );

  const { counts, rejected } = await attempt({ source: side.mysql(), target: target('Copy'), task });

  expect(counts).toMatchObject({ read: 11, written: 10, rejected: 1 });
  expect(rejected.map(({ record, rejection }) => [record.position, rejection.code])).toEqual([['Id=5', 'database']]);
  expect(await targetRows(kind)).toHaveLength(10);
});

test.each(INTO)(
  'into %s rows are deleted by key, and rows of a key that is there are left with insert',
  async (into, kind, target) => {
    await fill('mysql');
    const place = into === 'the platform' ? 'platform' : 'external';
    const engine = kind === 'mysql' ? mysql : postgresql;
    await engine.run(
      kind === 'mysql'
        ? "INSERT INTO target (Id, Name) VALUES (4, 'mine')"
        : `INSERT INTO target ("Id", "Name") VALUES (4, 'mine')`,
    );
    const insert = scheduledTask({ table: 'source' }, { place, write: 'insert' });

    expect((await attempt({ source: side.mysql(), target: target('Copy'), task: insert })).counts).toMatchObject({
      read: 5,
      written: 4,
      unchanged: 1,
    });
    expect(await targetRows(kind)).toContainEqual(expect.objectContaining({ Id: '4', Name: 'mine' }));

    const remove = scheduledTask(
      { table: 'source', condition: 'Id > 2 AND Id < 5' },
      { place, write: 'delete' },
      { name: 'Remove' },
    );
    expect((await attempt({ source: side.mysql(), target: target('Remove'), task: remove })).counts).toMatchObject({
      read: 2,
      written: 2,
    });
    expect((await targetRows(kind)).map((row) => (row as { Id: string }).Id)).toEqual(['1', '2', '9007199254740993']);
  },
);

test.each(INTO)('into %s a stale row loses', async (into, kind, target) => {
  await mysql.run(
    "INSERT INTO source (Id, Name, At, Changed) VALUES (1, 'old', '2026-01-01', NOW()), (2, 'new', '2026-03-01', NOW())",
  );
  const engine = kind === 'mysql' ? mysql : postgresql;
  const columns = kind === 'mysql' ? 'Id, Name, At' : '"Id", "Name", "At"';
  await engine.run(`INSERT INTO target (${columns}) VALUES (1, 'kept', '2026-02-01'), (2, 'gone', '2026-02-01')`);
  const place = into === 'the platform' ? 'platform' : 'external';
  const task = scheduledTask({ table: 'source' }, { place, eventTimeColumn: 'At' });

  await attempt({ source: side.mysql(), target: target('Copy'), task });
  await attempt({ source: side.mysql(), target: target('Copy'), task });

  expect((await targetRows(kind)).map((row) => (row as { Name: string }).Name)).toEqual(['kept', 'new']);
});
