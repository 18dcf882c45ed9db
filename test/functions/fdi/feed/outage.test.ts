import { beforeEach, expect, test } from '@jest/globals';
import { mysqlDialect } from '../../../../core/fdi/run-mysql.ts';
import { statement } from '../../../../core/fdi/run-session.ts';
import { SourceFailed } from '../../../../functions/shared/sources/source.ts';
import { databases, type Side } from '../scheduled/databases.ts';
import { delivering, feedTask, order } from './feeds.ts';

const { mysql, postgresql, side } = databases();

const ENGINES = ['MySQL', 'PostgreSQL'] as const;
type Engine = (typeof ENGINES)[number];
const engineOf = (engine: Engine) => (engine === 'MySQL' ? mysql : postgresql);
const sideOf = (engine: Engine) => (engine === 'MySQL' ? side.mysql() : side.postgresql());

beforeEach(async () => {
  for (const engine of ENGINES) {
    await engineOf(engine).run('DROP TABLE IF EXISTS target, causeway_feed');
  }
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
  await mysql.run('CREATE TABLE target (Id BIGINT PRIMARY KEY, Name VARCHAR(20))');
  await postgresql.run('CREATE TABLE target ("Id" bigint PRIMARY KEY, "Name" varchar(20))');
});

async function ids(engine: Engine): Promise<number[]> {
  const rows = await (engine === 'MySQL'
    ? mysql.run('SELECT Id AS id FROM target ORDER BY Id')
    : postgresql.run('SELECT "Id"::int AS id FROM target ORDER BY "Id"'));

  return rows.map(({ id }) => Number(id));
}

/** A server that can be away. */
function away(own: Side): Side & { isAway: boolean } {
  const self = {
    ...own,
    isAway: true,
    open: () => (self.isAway ? Promise.reject(new SourceFailed('connect ECONNREFUSED')) : own.open()),
  };

  return self;
}

test.each(ENGINES)(
  '%s is away: nothing is lost or quarantined, and what waits is written when it is back',
  async (engine) => {
    const server = away(sideOf(engine));
    const process = delivering({ task: feedTask(), side: server });
    const records = [1, 2, 3].map((n) => order({ n, id: n }));

    expect(await process.batch(records)).toBe('1');
    server.isAway = false;
    expect(await process.batch(records)).toBeUndefined();
    await process.end();

    expect(await ids(engine)).toEqual([1, 2, 3]);
    expect(await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine')).toEqual([{ n: 0 }]);
  },
);

test.each(ENGINES)(
  '%s ends the connections between two batches: the second is written all the same',
  async (engine) => {
    const known: number[] = [];
    const process = delivering({ task: feedTask(), side: listed(sideOf(engine), known) });
    await process.batch([order({ n: 1, id: 1 })]);

    for (const id of known) {
      await engineOf(engine).run(engine === 'MySQL' ? `KILL ${id}` : `SELECT pg_terminate_backend(${id})`);
    }

    expect(await process.batch([order({ n: 2, id: 2 })])).toBeUndefined();
    await process.end();
    expect(await ids(engine)).toEqual([1, 2]);
  },
);

/** Of the calling process alone: the Data API has some of its own. */
function listed(own: Side, known: number[]): Side {
  return {
    ...own,
    async open() {
      const session = await own.open();
      const isMysql = own.dialect === mysqlDialect;
      const [row] = await session.query(statement(`SELECT ${isMysql ? 'CONNECTION_ID' : 'pg_backend_pid'}() AS id`));
      known.push(Number(row?.['id']));

      return session;
    },
  };
}

test.each(ENGINES)('%s is slow beyond the invocation: it ends in time, and the next one writes', async (engine) => {
  const own = sideOf(engine);
  let isSlow = true;
  const slow: Side = {
    ...own,
    async open() {
      const session = await own.open();
      const never = new Promise<never>(() => undefined);

      return {
        ...session,
        change: (one) => (isSlow && one.sql.startsWith('INSERT INTO') ? never : session.change(one)),
      };
    },
  };
  const process = delivering({ task: feedTask(), side: slow, remainingMs: 1500 });

  expect(await process.batch([order({ n: 1, id: 1 })])).toBe('1');
  isSlow = false;
  expect(await process.batch([order({ n: 1, id: 1 })])).toBeUndefined();
  await process.end();
  expect(await ids(engine)).toEqual([1]);
});

test.each(ENGINES)('while the platform is away, good records go into %s and bad ones wait for it', async (engine) => {
  let isAway = true;
  const { database } = await import('../../../../functions/shared/database.ts');
  const platform = () => {
    const api = database();

    return {
      ...api,
      execute: (...args: Parameters<typeof api.execute>) =>
        isAway ? Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })) : api.execute(...args),
    };
  };
  const before = delivering({ task: feedTask(), side: sideOf(engine) });
  await before.batch([order({ n: 1, id: 1 })]);
  await before.end();
  const process = delivering({ task: feedTask(), side: sideOf(engine), platform: platform as never });

  expect(await process.batch([order({ n: 2, id: 2 }), order({ n: 3, id: 3 })])).toBeUndefined();
  expect(await process.batch([order({ n: 4, id: 'x' }), order({ n: 5, id: 5 })])).toBe('4');
  isAway = false;
  expect(await process.batch([order({ n: 4, id: 'x' }), order({ n: 5, id: 5 })])).toBeUndefined();
  await process.end();

  expect(await ids(engine)).toEqual([1, 2, 3, 5]);
  const [row] = await mysql.run('SELECT Written AS written, Quarantined AS quarantined FROM causeway.position');
  expect(row).toEqual({ written: 4, quarantined: 1 });
});

test.each(ENGINES)(
  'a column of %s is renamed and made again while the task runs: what is written waits for it',
  async (engine) => {
    const long = 'longer than twenty characters';
    const process = delivering({ task: feedTask(), side: sideOf(engine) });
    await process.batch([order({ n: 1, id: 1 })]);
    const name = engine === 'MySQL' ? 'Name' : '"Name"';
    await engineOf(engine).run(`ALTER TABLE target RENAME COLUMN ${name} TO Other`);

    expect(await process.batch([order({ n: 2, id: 2, name: long })])).toBeUndefined();
    expect(await process.batch([order({ n: 3, id: 3 })])).toBe('3');
    await engineOf(engine).run(
      engine === 'MySQL'
        ? 'ALTER TABLE target CHANGE Other Name VARCHAR(100)'
        : 'ALTER TABLE target ADD COLUMN "Name" varchar(100)',
    );

    expect(await process.batch([order({ n: 3, id: 3, name: long })])).toBeUndefined();
    await process.end();
    expect(await ids(engine)).toEqual([1, 3]);
  },
);
