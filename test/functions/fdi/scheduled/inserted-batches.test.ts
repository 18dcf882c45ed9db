import { beforeAll, expect, test } from '@jest/globals';
import { listBatches } from '../../../../core/fdi/list-batches.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { imageTablesOf } from '../../../../core/fdi/run-images.ts';
import { databases, type Side, scheduledTask } from './databases.ts';

const { mysql, postgresql, side } = databases();
/** More than are looked at. */
const ROWS = 230_000;
const BATCH = 1000;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');
/** A row a second. */
const timeOf = (row: number) => new Date(BEGIN + row * 1000).toISOString();
const numberOf = (batch: number) => String(batch).padStart(15, '0');

type Engine = 'MySQL' | 'PostgreSQL';
const ENGINES: readonly Engine[] = ['MySQL', 'PostgreSQL'];
const run = (engine: Engine, sql: string) => (engine === 'MySQL' ? mysql.run(sql) : postgresql.run(sql));

beforeAll(async () => {
  const numbers = Array.from({ length: 1000 }, (_, at) => `(${at})`).join();
  await mysql.run('CREATE TABLE digits (n INT NOT NULL PRIMARY KEY)');
  await mysql.run(`INSERT INTO digits VALUES ${numbers}`);
  await mysql.run(
    'CREATE TABLE grown (Id BIGINT AUTO_INCREMENT PRIMARY KEY, EventTime DATETIME(3) NOT NULL, BatchNo VARCHAR(20))',
  );
  await mysql.run(`INSERT INTO grown (EventTime, BatchNo)
SELECT '2026-01-01' + INTERVAL (a.n * 1000 + b.n) SECOND, LPAD(a.n, 15, '0') FROM digits a JOIN digits b WHERE a.n < ${ROWS / 1000} ORDER BY a.n, b.n`);
  await mysql.run('CREATE TABLE timed AS SELECT EventTime, BatchNo FROM grown');
  await postgresql.run(
    'CREATE TABLE grown (id bigserial PRIMARY KEY, eventtime timestamp(3) NOT NULL, batchno varchar(20))',
  );
  await postgresql.run(`INSERT INTO grown (eventtime, batchno)
SELECT timestamp '2026-01-01' + n * interval '1 second', lpad((n / 1000)::text, 15, '0') FROM generate_series(0, ${ROWS - 1}) n`);
  await postgresql.run('CREATE TABLE timed AS SELECT eventtime, batchno FROM grown');
}, 120_000);

function portsOf(engine: Engine, table: string, isTimed = true) {
  const target: Partial<DatabaseTarget> = {
    ...{ table, write: 'insert', keys: [], batchNumberColumn: 'BatchNo' },
    ...(isTimed && { eventTimeColumn: 'EventTime' }),
  };
  const task = scheduledTask({ table: 'source' }, target);
  const own: Side = engine === 'MySQL' ? side.mysql() : side.postgresql();

  return { task: task.name, target: task.target as DatabaseTarget, tables: imageTablesOf('external'), ...own };
}

async function list(engine: Engine, table: string, since: string, limit = 10, isTimed = true) {
  const ports = portsOf(engine, table, isTimed);

  return listBatches(ports, { since, limit });
}

test.each(ENGINES)(
  'of %s the newest batches of a large table are found by its newest rows, whatever else it holds',
  async (engine) => {
    const answer = await list(engine, 'grown', timeOf(ROWS - 4 * BATCH));

    expect(answer).toMatchObject({ more: false });
    expect(answer.within).toBeUndefined();
    expect(answer.items).toEqual(
      [229, 228, 227, 226].map((batch) => ({
        ...{ batch: numberOf(batch), at: timeOf(batch * BATCH + BATCH - 1).replace(/\.?0*Z$/, '.000Z') },
        ...{ rows: BATCH, added: BATCH, undone: 0, until: null, isUndoable: true },
      })),
    );
  },
);

test.each(ENGINES)(
  'of %s what reaches beyond the newest rows is said, and counted where batches have an index',
  async (engine) => {
    // The 200,000th row from the end is in the middle of a batch.
    await run(engine, `DELETE FROM grown WHERE ${engine === 'MySQL' ? 'Id' : 'id'} > ${ROWS - 500}`);
    const looked = await list(engine, 'grown', timeOf(0), 200);
    const oldest = (answer: typeof looked) => answer.items.at(-1);
    // Most batches are listed, and the last one as far as it was looked at.
    expect(looked).toMatchObject({ more: true, within: { rows: 200_000 } });
    const all = { ...(await list(engine, 'grown', timeOf(0), 500)) };
    expect(oldest(all)).toMatchObject({ batch: numberOf(29), rows: 500 });

    await run(engine, 'CREATE INDEX ByBatch ON grown (BatchNo)');
    const counted = await list(engine, 'grown', timeOf(0), 500);

    expect(counted).toMatchObject({ more: true });
    expect(counted.within).toBeUndefined();
    expect(oldest(counted)).toMatchObject({ batch: numberOf(29), rows: BATCH });
    expect(counted.items[0]).toMatchObject({ batch: numberOf(229), rows: 500 });
  },
);

test.each(ENGINES)(
  'of %s an index on the event time does as well, and without one the table is read whole',
  async (engine) => {
    const since = timeOf(ROWS - 2 * BATCH);
    const whole = await list(engine, 'timed', since);
    await run(engine, 'CREATE INDEX ByTime ON timed (EventTime)');

    const newest = await list(engine, 'timed', since);

    expect(whole.items.map(({ batch, rows }) => [batch, rows])).toEqual([
      [numberOf(229), BATCH],
      [numberOf(228), BATCH],
    ]);
    expect(newest).toEqual(whole);
  },
);

test.each(ENGINES)('of %s batches without times are listed as their rows came', async (engine) => {
  const { items } = await list(engine, 'grown', timeOf(0), 3, false);

  expect(items.map(({ batch, at }) => [batch, at])).toEqual([
    [numberOf(229), null],
    [numberOf(228), null],
    [numberOf(227), null],
  ]);
});

test('a table that is too large to be read whole says what it takes', async () => {
  const ports = portsOf('MySQL', 'timed');
  await mysql.run('DROP INDEX ByTime ON timed');
  const slow = {
    ...ports,
    async open() {
      const session = await ports.open();

      return {
        ...session,
        query: (one: Parameters<typeof session.query>[0], timeMs?: number) =>
          one.sql.includes('GROUP BY') ? session.query(one, 1) : session.query(one, timeMs),
      };
    },
  };

  await expect(listBatches(slow, { since: timeOf(0), limit: 10 })).rejects.toThrow(
    'timed is too large to be read whole for the batches in it, and nothing says which of its rows are the newest: give it an index on EventTime.',
  );
});
