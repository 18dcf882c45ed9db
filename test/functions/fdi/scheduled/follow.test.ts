import { beforeEach, expect, test } from '@jest/globals';
import { databases, type Side, scheduledTask } from './databases.ts';
import { type WorkWorld, workWorld } from './work.ts';

const { mysql, postgresql, side } = databases();
const increment = { column: 'Changed', boundary: 'closed' as const, overlap: 60 };
const task = scheduledTask(
  { table: 'source', increment },
  { keys: ['Id'] },
  { pageSize: 50, schedule: { every: { seconds: 5 }, timeZone: 'UTC' } },
);

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source, target, causeway_position');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run('DELETE FROM causeway.run');
  await mysql.run('CREATE TABLE source (Id INT PRIMARY KEY, Name VARCHAR(40), Changed DATETIME(3) NOT NULL)');
  await mysql.run('CREATE TABLE target (Id INT PRIMARY KEY, Name VARCHAR(10), Written DATETIME(3) DEFAULT NOW(3))');
  await postgresql.run('DROP TABLE IF EXISTS target, causeway_position');
  await postgresql.run('CREATE TABLE target (id int PRIMARY KEY, name varchar(10))');
});

/** What happens in the nth pause between looks, from 1. */
function during(world: WorkWorld, acts: Readonly<Record<number, () => Promise<unknown>>>): void {
  let pauses = 0;
  world.onPause(async () => {
    pauses += 1;
    await acts[pauses]?.();
  });
}

const add = (id: number, name: string, changed: string) => () =>
  mysql.run(`INSERT INTO source VALUES (${id}, '${name}', '2026-01-01 ${changed}')`);

test.each([
  ['MySQL', () => side.mysql(), mysql],
  ['PostgreSQL', () => side.postgresql(), postgresql],
] as const)(
  'rows that come while a minute lasts are in %s within seconds: new, changed and late ones; the log has a run for each',
  async (_name, target, engine) => {
    const world = workWorld({ task, source: side.mysql(), target: target() });
    await add(1, 'one', '00:00:00')();
    during(world, {
      2: add(2, 'two', '00:05:00'),
      5: add(3, 'late', '00:04:30'),
      8: () => mysql.run("UPDATE source SET Name = 'TWO' WHERE Id = 2"),
    });
    const seen: number[] = [];
    const { pause } = world.work;
    Object.assign(world.work, {
      async pause(ms: number) {
        seen.push((await engine.run('SELECT * FROM target')).length);
        await pause(ms);
      },
    });

    expect(await world.call({ due: world.now().toISOString() })).toEqual({ run: null, outcome: 'followed' });

    expect(seen).toEqual([1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
    const rows = await engine.run('SELECT Id AS id, Name AS name FROM target ORDER BY Id');
    expect(rows.map(({ name }) => name)).toEqual(['one', 'TWO', 'late']);
    expect((await world.runs()).map(({ state, written, attempts }) => ({ state, written, attempts }))).toEqual(
      Array.from({ length: 4 }, () => ({ state: 'succeeded', written: 1, attempts: 1 })),
    );
  },
);

test('a minute in which nothing comes asks the source and writes nothing: no place, no row, no log', async () => {
  await add(1, 'one', '00:00:00')();
  await workWorld({ task, source: side.mysql(), target: side.platform('Copy') }).call({ once: 'somebody' });
  const counted = counting(side.platform('Copy'));
  const asked = counting(side.mysql());
  const world = workWorld({ task, source: asked.side, target: counted.side });
  const statements: number[] = [];
  world.onPause(async () => void statements.push(counted.count()));
  const before = (await world.runs()).length;

  await world.call({ due: world.now().toISOString() });

  // The first look is a run, for what somebody may have left; all others leave the target alone.
  expect(new Set(statements)).toEqual(new Set([counted.count()]));
  expect(statements.length).toBe(11);
  expect(asked.count()).toBeLessThan(40);
  expect({ opened: [counted.opened(), asked.opened()], runs: (await world.runs()).length, lines: world.lines }).toEqual(
    {
      opened: [1, 1],
      runs: before,
      lines: [],
    },
  );
});

test('a task that is stopped looks no more, and one that is started does so at once', async () => {
  await add(1, 'one', '00:00:00')();
  const world = workWorld({ task, source: side.mysql(), target: side.mysql() });
  during(world, { 3: async () => world.note({ wanted: 'stopped', stoppedAt: world.now().toISOString() }) });
  const from = world.now().getTime();
  await world.call({ started: world.now().toISOString() });

  expect(world.now().getTime() - from).toBeLessThanOrEqual(20_000);
  expect(await world.call({ due: world.now().toISOString() })).toEqual({ run: null, outcome: 'stopped' });
});

test('a run that is left goes on with the next look, and one that fails is said and retried by the next call', async () => {
  await add(1, 'one', '00:00:00')();
  const world = workWorld({ task, source: side.mysql(), target: side.mysql() });
  during(world, { 2: () => mysql.run('DROP TABLE source') });

  await expect(world.call({ due: world.now().toISOString() })).rejects.toThrow('source');

  const [last] = await world.runs();
  expect(last).toMatchObject({ state: 'failed', error: expect.stringContaining('source') });
  // Lambda's own second attempt comes when the schedule has long called again.
  const late = new Date(world.now().getTime() - 120_000).toISOString();
  expect(await world.call({ due: late })).toEqual({ run: null, outcome: 'not-due' });
  await mysql.run('CREATE TABLE source (Id INT PRIMARY KEY, Name VARCHAR(40), Changed DATETIME(3) NOT NULL)');
  await add(2, 'two', '00:10:00')();
  await world.call({ due: world.now().toISOString() });
  expect((await world.runs())[0]).toMatchObject({ id: last?.id, state: 'succeeded', attempts: 2 });
  expect(await mysql.run('SELECT Id FROM target ORDER BY Id')).toEqual([{ Id: 1 }, { Id: 2 }]);
});

/** A side that counts what is asked of it. */
function counting(side: Side) {
  let [count, opened] = [0, 0];

  return {
    count: () => count,
    opened: () => opened,
    side: {
      ...side,
      async open() {
        opened += 1;
        const session = await side.open();

        return {
          ...session,
          query: (...all: Parameters<typeof session.query>) => {
            count += 1;
            return session.query(...all);
          },
          change: (...all: Parameters<typeof session.change>) => {
            count += 1;
            return session.change(...all);
          },
        };
      },
    },
  };
}
