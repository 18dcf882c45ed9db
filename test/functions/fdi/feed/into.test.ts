import { beforeEach, expect, test } from '@jest/globals';
import type { FeedTask } from '../../../../core/fdi/feed-task.ts';
import { feedTarget } from '../../../../functions/shared/feed-target.ts';
import { driverSessions } from '../../../../functions/shared/runs/driver-session.ts';
import type { SourceDriver } from '../../../../functions/shared/sources/source.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { SHARD } from '../records.ts';
import { databases, type Side } from '../scheduled/databases.ts';
import { type Delivery, delivering, feedTask, type Order, order } from './feeds.ts';

const { mysql, postgresql, side } = databases();

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS target, causeway_feed');
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
  await mysql.run(`CREATE TABLE target (Id BIGINT PRIMARY KEY, Name VARCHAR(20), At DATETIME(3), BatchNo VARCHAR(40), Touched INT NOT NULL DEFAULT 0,
    CHECK (Name <> 'refused')) DEFAULT CHARSET utf8mb4`);
  await postgresql.run('DROP TABLE IF EXISTS target, causeway_feed');
  await postgresql.run(`CREATE TABLE target ("Id" bigint PRIMARY KEY, "Name" varchar(20), "At" timestamp(3), "BatchNo" text,
    CHECK ("Name" <> 'refused'))`);
});

const ENGINES = ['MySQL', 'PostgreSQL'] as const;
type Engine = (typeof ENGINES)[number];

const sideOf = (engine: Engine) => (engine === 'MySQL' ? side.mysql() : side.postgresql());

async function rows(engine: Engine): Promise<Record<string, unknown>[]> {
  return engine === 'MySQL'
    ? mysql.run(
        'SELECT Id AS id, Name AS name, DATE_FORMAT(At, "%H:%i:%s.%f") AS at, BatchNo AS batch FROM target ORDER BY Id',
      )
    : postgresql.run(
        `SELECT "Id"::int AS id, "Name" AS name, to_char("At", 'HH24:MI:SS.US') AS at, "BatchNo" AS batch FROM target ORDER BY "Id"`,
      );
}

const names = async (engine: Engine) => (await rows(engine)).map(({ id, name }) => [id, name]);

/** As the ledger sees it. */
async function account(): Promise<unknown> {
  const [row] = await mysql.run(
    'SELECT Seq + 0 AS seq, Written AS written, Quarantined AS quarantined FROM causeway.position',
  );

  return row && { seq: Number(row['seq']), written: row['written'], quarantined: row['quarantined'] };
}

async function deliver(engine: Engine, orders: readonly Order[], delivery: Partial<Delivery> = {}) {
  const process = delivering({ task: feedTask(), side: sideOf(engine), ...delivery });
  const unwritten = await process.batch(orders.map(order));
  await process.end();

  return unwritten;
}

test.each(ENGINES)('into %s: the newest event of each key stays, whatever comes later', async (engine) => {
  const task = feedTask({ eventTimeColumn: 'At', batchNumberColumn: 'BatchNo' });
  await deliver(
    engine,
    [
      { n: 1, id: 1 },
      { n: 2, id: 2, at: 500 },
      { n: 3, id: 1, name: 'é中😀' },
    ],
    { task },
  );

  await deliver(
    engine,
    [
      { n: 4, id: 2, name: 'stale', at: 499 },
      { n: 5, id: 1, name: null },
    ],
    { task },
  );

  expect(await rows(engine)).toEqual([
    { id: 1, name: null, at: '08:00:00.005000', batch: expect.stringMatching(/^[0-9a-f]{15}$/) },
    { id: 2, name: 'order 2', at: '08:00:00.500000', batch: expect.stringMatching(/^[0-9a-f]{15}$/) },
  ]);
  expect(await account()).toEqual({ seq: 5, written: 5, quarantined: 0 });
});

test.each(ENGINES)(
  'into %s: an insert leaves keys that are there alone, and the first of a batch is the one that stays',
  async (engine) => {
    const task = feedTask({ write: 'insert', eventTimeColumn: 'At' });
    await deliver(
      engine,
      [
        { n: 1, id: 1, name: 'first' },
        { n: 2, id: 1, name: 'second' },
      ],
      { task },
    );

    await deliver(
      engine,
      [
        { n: 3, id: 1, name: 'third' },
        { n: 4, id: 2, name: 'other' },
      ],
      { task },
    );

    expect(await names(engine)).toEqual([
      [1, 'first'],
      [2, 'other'],
    ]);
  },
);

test.each(ENGINES)('into %s: what a message names is deleted by its key', async (engine) => {
  await deliver(engine, [
    { n: 1, id: 1 },
    { n: 2, id: 2 },
    { n: 3, id: 3 },
  ]);
  const task = feedTask({ write: 'delete' }, { name: 'Deletes' });

  expect(
    await deliver(
      engine,
      [
        { n: 9, id: 1 },
        { n: 10, id: 7 },
        { n: 11, id: 3 },
        { n: 12, id: 3 },
      ],
      { task },
    ),
  ).toBeUndefined();

  expect(await names(engine)).toEqual([[2, 'order 2']]);
});

test.each(ENGINES)(
  'into %s: of rows that are there as they are nothing is touched, where that is wished',
  async (engine) => {
    const task = feedTask({ onlyChanged: true, batchNumberColumn: 'BatchNo' });
    await deliver(
      engine,
      [
        { n: 1, id: 1, name: 'a' },
        { n: 2, id: 2, name: 'b' },
      ],
      { task },
    );
    const before = await rows(engine);

    await deliver(
      engine,
      [
        { n: 3, id: 1, name: 'a' },
        { n: 4, id: 2, name: 'B' },
      ],
      { task },
    );

    const after = await rows(engine);
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toMatchObject({ id: 2, name: 'B' });
    expect(after[1]?.['batch']).not.toBe(before[1]?.['batch']);
  },
);

test.each(ENGINES)(
  'into %s: bad records, foreseen or not, are in the quarantine and stop none of the others',
  async (engine) => {
    const bad: Readonly<Record<number, Partial<Order>>> = {
      3: { id: 'x' },
      7: { name: 'far too long for its column' },
      11: { name: 'refused' },
    };
    const orders = Array.from({ length: 16 }, (_, at): Order => ({ n: at + 1, id: at + 1, ...bad[at + 1] }));

    expect(await deliver(engine, orders)).toBeUndefined();

    expect((await names(engine)).map(([id]) => id)).toEqual(orders.map(({ n }) => n).filter((n) => !(n in bad)));
    const quarantined = await mysql.run(
      'SELECT Seq + 0 AS seq, Shard AS shard, Code AS code, TraceId AS trace, LENGTH(MappingVersion) AS version FROM causeway.quarantine ORDER BY Seq',
    );
    expect(quarantined).toEqual([
      { seq: 3, shard: SHARD, code: 'type', trace: 'trace-3', version: 12 },
      { seq: 7, shard: SHARD, code: 'length', trace: 'trace-7', version: 12 },
      { seq: 11, shard: SHARD, code: 'database', trace: 'trace-11', version: 12 },
    ]);
    expect(await account()).toEqual({ seq: 16, written: 13, quarantined: 3 });
  },
);

test.each(ENGINES)(
  'into %s: a batch that comes again, whole or in part, changes nothing that is written',
  async (engine) => {
    const task = feedTask({ write: 'insert', keys: [] });
    const orders = Array.from({ length: 6 }, (_, at): Order => ({ n: at + 1, id: at === 2 ? 'x' : at + 1 }));
    await deliver(engine, orders, { task });

    await deliver(engine, [...orders, { n: 7, id: 7 }], { task });
    await deliver(engine, orders.slice(1, 3), { task });

    expect((await names(engine)).map(([id]) => id)).toEqual([1, 2, 4, 5, 6, 7]);
    expect(await account()).toEqual({ seq: 7, written: 6, quarantined: 1 });
    expect(await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine')).toEqual([{ n: 1 }]);
  },
);

test.each(ENGINES)('into %s: a task that delivers at least once writes again what it reads again', async (engine) => {
  const task = feedTask({}, { delivery: 'at-least-once' });
  await deliver(
    engine,
    [
      { n: 1, id: 1 },
      { n: 2, id: 2 },
    ],
    { task },
  );
  await (engine === 'MySQL' ? mysql : postgresql).run('DELETE FROM target');

  await deliver(engine, [{ n: 1, id: 1 }], { task });

  expect(await names(engine)).toEqual([[1, 'order 1']]);
  expect(await account()).toEqual({ seq: 2, written: 3, quarantined: 0 });
});

test.each(ENGINES)('into %s: another database goes on where the one before stood', async (engine) => {
  await deliver(engine, [
    { n: 1, id: 1 },
    { n: 2, id: 2 },
  ]);
  await (engine === 'MySQL' ? mysql : postgresql).run('DROP TABLE causeway_feed');
  await (engine === 'MySQL' ? mysql : postgresql).run('DELETE FROM target');

  await deliver(engine, [
    { n: 2, id: 2 },
    { n: 3, id: 3 },
  ]);

  expect(await names(engine)).toEqual([[3, 'order 3']]);
  expect(await account()).toEqual({ seq: 3, written: 3, quarantined: 0 });
});

test.each(ENGINES)('into %s: in another epoch it writes again', async (engine) => {
  const task = feedTask({ write: 'insert' });
  await deliver(engine, [{ n: 1, id: 1 }], { task });
  await (engine === 'MySQL' ? mysql : postgresql).run('DELETE FROM target');

  await deliver(engine, [{ n: 1, id: 1 }], { task, epoch: 2 });

  expect(await names(engine)).toEqual([[1, 'order 1']]);
});

test.each(ENGINES)(
  'into %s: a user who may make no tables is told what the owner has to run, and a table that is not there is named',
  async (engine) => {
    const isMysql = engine === 'MySQL';
    const run = isMysql ? mysql.run : postgresql.run;
    for (const sql of isMysql
      ? [
          "CREATE OR REPLACE USER clerk@'%' IDENTIFIED BY 'c'",
          "GRANT SELECT, INSERT, UPDATE, DELETE ON integration.target TO clerk@'%'",
        ]
      : [
          'DROP OWNED BY clerk',
          'DROP ROLE IF EXISTS clerk',
          "CREATE ROLE clerk LOGIN PASSWORD 'c'",
          'GRANT SELECT, INSERT, UPDATE, DELETE ON target TO clerk',
          'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
        ]) {
      await run(sql).catch(() => undefined);
    }
    const { url } = isMysql ? mysql.direct() : postgresql.source();
    const pool = createSourcePool({
      driver: (kind) => import(`../../../../functions/drivers/${kind}.ts`) as Promise<SourceDriver>,
    });
    const open = driverSessions(pool, { url, user: 'clerk', password: 'c' });
    const clerk: Side = { dialect: sideOf(engine).dialect, open };

    const refused = (task: FeedTask) => feedTarget(task, async () => clerk).then((own) => own.describe());

    await expect(refused(feedTask())).rejects.toThrow(
      /made by its owner.*CREATE TABLE IF NOT EXISTS causeway_feed \( Task/,
    );
    await expect(refused(feedTask({ table: 'nothing' }))).rejects.toThrow(/target\.table: received "nothing"/);
    expect(await deliver(engine, [{ n: 1, id: 1 }], { side: clerk })).toBe('1');
    expect(await rows(engine)).toEqual([]);
  },
);
