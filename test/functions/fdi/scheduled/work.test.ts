import { beforeEach, expect, test } from '@jest/globals';
import type { RunEvent } from '../../../../core/fdi/run-control.ts';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { databases, type Side, scheduledTask } from './databases.ts';
import { workWorld } from './work.ts';

const { mysql, postgresql, side } = databases();
const task = scheduledTask({ table: 'source' }, { keys: ['Id'] });
const ROWS = 20;
const EARLIER = '20261124T070000000Z-0000';

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source, target, counted, causeway_position');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run('DELETE FROM causeway.run');
  await mysql.run('CREATE TABLE source (Id INT PRIMARY KEY, Name VARCHAR(40) NOT NULL)');
  await mysql.run('CREATE TABLE target (Id INT PRIMARY KEY, Name VARCHAR(40) NOT NULL)');
  await mysql.run('CREATE TABLE counted (N INT NOT NULL)');
  await mysql.run(
    `INSERT INTO source VALUES ${Array.from({ length: ROWS }, (_, at) => `(${at}, 'row ${at}')`).join()}`,
  );
  await postgresql.run('DROP TABLE IF EXISTS target, counted, causeway_position');
  await postgresql.run('CREATE TABLE target (id int PRIMARY KEY, name text NOT NULL)');
  await postgresql.run('CREATE TABLE counted (n int NOT NULL)');
});

const TARGETS: readonly (readonly [string, () => Side, Pick<typeof mysql, 'run'>])[] = [
  ['MySQL', () => side.mysql(), mysql],
  ['PostgreSQL', () => side.postgresql(), postgresql],
];

/** Another process's run of the task, under way: it ends when it is told to. */
async function underWay(target: Side): Promise<{ end(): Promise<{ readonly isAwaited: boolean }> }> {
  const other = databaseTarget({
    task,
    target: task.target as DatabaseTarget,
    dialect: target.dialect,
    open: target.open,
  });
  await other.claim({ id: EARLIER });

  return {
    async end() {
      const answer = await other.finish(null);
      await other.close();

      return answer;
    },
  };
}

test.each(TARGETS)(
  'into %s a run that is due while another one goes waits for its end, once, however many were due',
  async (_name, target) => {
    const world = workWorld({ task: { ...task, overlap: 'wait' }, source: side.mysql(), target: target() });
    const other = await underWay(target());
    const due = world.now().toISOString();

    expect(await world.call({ due })).toMatchObject({ outcome: 'busy' });
    expect(await world.call({ once: 'somebody' })).toMatchObject({ outcome: 'busy' });

    expect((await world.runs()).map(({ state, error }) => [state, error])).toEqual([
      ['waiting', `waits for the end of ${EARLIER}`],
      ['waiting', `waits for the end of ${EARLIER}`],
    ]);
    // Who ends tells its own function, and that is the run that waited.
    expect(await other.end()).toEqual({ isAwaited: true });
    expect(await world.call({ waited: due })).toMatchObject({ outcome: 'succeeded' });
    expect((await world.runs())[0]).toMatchObject({ cause: 'waited', state: 'succeeded', written: ROWS });
    expect(world.told).toEqual([]);
  },
);

test('a run that ends while another one waits calls its function for that, and once only', async () => {
  const world = workWorld({ task: { ...task, overlap: 'wait' }, source: side.mysql(), target: side.mysql() });
  const meanwhile = workWorld({ task: { ...task, overlap: 'wait' }, source: side.mysql(), target: side.mysql() });
  let met = '';
  const { target } = world.work;
  Object.assign(world.work, {
    async target() {
      const own = await target();

      return {
        ...own,
        async finish(mark: Parameters<typeof own.finish>[0]) {
          met = (await meanwhile.call({ due: meanwhile.now().toISOString() })).outcome;

          return own.finish(mark);
        },
      };
    },
  });

  await world.call({ once: 'somebody' });

  expect({ met, told: world.told }).toEqual({
    met: 'busy',
    told: [{ to: 'arn:own', event: { waited: world.now().toISOString() } }],
  });
  expect(meanwhile.told).toEqual([]);
});

test.each(TARGETS)(
  'into %s a run that is due between two calls of one under way goes on with it, and then follows it, once',
  async (_name, target) => {
    let left = 90_000;
    const remainingMs = () => {
      left -= 10_000;

      return left;
    };
    const world = workWorld({
      task: { ...task, overlap: 'wait' },
      source: side.mysql(),
      target: target(),
      remainingMs,
    });
    const [first, second] = [0, 60_000].map((ms) => new Date(world.now().getTime() + ms).toISOString());
    await world.call({ due: first ?? '' });
    const [{ event: resume } = { event: undefined }] = world.told;
    expect(resume).toMatchObject({ resume: expect.any(String) });

    left = 900_000;
    expect(await world.call({ due: second ?? '' })).toMatchObject({ outcome: 'succeeded' });
    expect(await world.call(resume as RunEvent)).toMatchObject({ outcome: 'ended' });

    const [run, waiting] = (await world.runs()).toReversed();
    expect(run).toMatchObject({ state: 'succeeded', cause: 'schedule', attempts: 2, written: ROWS });
    expect(waiting).toMatchObject({
      ...{ state: 'waiting', cause: 'schedule', due: second },
      error: `waits for the end of ${run?.id}, and goes on with it first`,
    });
    // Both who ended it and who came too late to go on with it have called the run that waited: it begins once.
    const waited = world.told.slice(1).map(({ event }) => event as RunEvent);
    expect(waited).toEqual([{ waited: expect.any(String) }, { waited: expect.any(String) }]);
    expect(await world.call(waited[0] as RunEvent)).toMatchObject({ outcome: 'succeeded' });
    expect(await world.call(waited[1] as RunEvent)).toMatchObject({ outcome: 'ended' });
    expect((await world.runs()).map(({ state, cause }) => [state, cause])).toEqual([
      ['succeeded', 'waited'],
      ['waiting', 'schedule'],
      ['succeeded', 'schedule'],
    ]);
  },
);

test.each(TARGETS)(
  'into %s a call that failed and is made again waits for no run of its own, and one whose run has ended begins no other',
  async (_name, target, engine) => {
    const after = [{ sql: 'INSERT INTO nowhere SELECT 1', on: 'target' as const }, { task: 'Other' }];
    const world = workWorld({ task: { ...task, after, overlap: 'wait' }, source: side.mysql(), target: target() });
    const event = { once: 'somebody', asked: new Date(world.now().getTime() - 100).toISOString() };
    await engine.run('DROP TABLE IF EXISTS nowhere');
    await expect(world.call(event)).rejects.toThrow(/nowhere/);
    await engine.run('CREATE TABLE nowhere (n int)');

    expect(await world.call(event)).toMatchObject({ outcome: 'succeeded' });
    expect(await world.call(event)).toMatchObject({ outcome: 'ended' });

    expect((await world.runs()).map(({ state, attempts }) => [state, attempts])).toEqual([['succeeded', 2]]);
    expect((await engine.run('SELECT n AS n FROM nowhere')).length).toBe(1);
    expect(world.told).toEqual([{ to: 'arn:Other', event: { after: 'Copy', ended: world.now().toISOString() } }]);
    await engine.run('DROP TABLE nowhere');
  },
);

test.each(TARGETS)('into %s an end that was not answered is no reason for a second run', async (_name, target) => {
  const into = target();
  let commits = 0;
  const lost: Side = {
    dialect: {
      ...into.dialect,
      faultOf: (error) =>
        String(error).includes('the connection is gone')
          ? { kind: 'passing', message: String(error) }
          : into.dialect.faultOf(error),
    },
    async open() {
      const session = await into.open();
      let isLast = false;

      return {
        ...session,
        async change(sql) {
          isLast = sql.sql.includes("SET Run = ''");

          return session.change(sql);
        },
        async commit() {
          await session.commit();
          commits += Number(isLast);
          if (isLast && commits === 1) {
            throw new Error('the connection is gone');
          }
        },
      };
    },
  };
  const whole = scheduledTask({ table: 'source' }, { keys: [], write: 'insert' });
  const world = workWorld({ task: whole, source: side.mysql(), target: lost });

  expect(await world.call({ once: 'somebody' })).toMatchObject({ outcome: 'succeeded' });

  expect(commits).toBe(1);
  expect((await world.runs())[0]).toMatchObject({ state: 'succeeded', attempts: 1, read: ROWS, written: ROWS });
});

test('with `skip` a run that is due while another one goes is left out, and nothing follows it', async () => {
  const world = workWorld({ task, source: side.mysql(), target: side.mysql() });
  const other = await underWay(side.mysql());

  await world.call({ due: world.now().toISOString() });

  expect((await world.runs())[0]).toMatchObject({ state: 'skipped', error: `${EARLIER} was still going` });
  expect(await other.end()).toEqual({ isAwaited: false });
});

test.each(TARGETS)(
  'into %s a run that is out of time calls its function, and goes on from its place as often as it has to',
  async (_name, target, engine) => {
    // So much that each invocation gets through two or three pages of three rows.
    let left = 0;
    const remainingMs = () => {
      left -= 10_000;

      return left;
    };
    const after = [{ sql: 'INSERT INTO counted SELECT COUNT(*) FROM target', on: 'target' as const }];
    const world = workWorld({ task: { ...task, after }, source: side.mysql(), target: target(), remainingMs });
    let event: RunEvent | undefined = { once: 'somebody' };
    let invocations = 0;
    for (; event !== undefined && invocations < 20; invocations += 1) {
      left = 90_000;
      const before = world.told.length;
      await world.call(event);
      event = world.told[before]?.event as RunEvent | undefined;
    }

    expect(invocations).toBeGreaterThan(2);
    const [run, ...others] = await world.runs();
    expect(run).toMatchObject({ state: 'succeeded', attempts: invocations, read: ROWS, written: ROWS, cause: 'once' });
    expect(others).toEqual([]);
    expect((await engine.run('SELECT * FROM target')).length).toBe(ROWS);
    // What follows a run follows its end, and not each of its invocations.
    expect((await engine.run('SELECT N AS n FROM counted')).map(({ n }) => n)).toEqual([ROWS]);
    // An event that comes twice finds its run ended.
    const twice = { resume: run?.id ?? '', since: world.now().toISOString() };
    expect(await world.call(twice)).toEqual({ run: run?.id, outcome: 'ended' });
  },
);

test.each(TARGETS)(
  'into %s what follows on the target is not done where the run cannot end',
  async (_name, target, engine) => {
    const after = [
      { sql: 'INSERT INTO counted SELECT COUNT(*) FROM target', on: 'target' as const },
      { sql: 'INSERT INTO nowhere SELECT 1', on: 'target' as const },
    ];
    const world = workWorld({ task: { ...task, after }, source: side.mysql(), target: target() });

    await expect(world.call({ once: 'somebody' })).rejects.toThrow(/nowhere/);

    // Its rows stay, its end does not: the next run tries that again.
    expect((await engine.run('SELECT * FROM target')).length).toBe(ROWS);
    expect(await engine.run('SELECT * FROM counted')).toEqual([]);
    expect((await world.runs())[0]).toMatchObject({ state: 'failed', written: ROWS });
    await engine.run('CREATE TABLE nowhere (n int)');
    await world.call({ once: 'somebody' });
    expect((await engine.run('SELECT N AS n FROM counted')).map(({ n }) => n)).toEqual([ROWS]);
    expect((await world.runs())[0]).toMatchObject({ state: 'succeeded', attempts: 2, written: ROWS });
    await engine.run('DROP TABLE nowhere');
  },
);

test('SQL on the source and another task come after the end, also when the one before them fails', async () => {
  const after = [
    { sql: 'DELETE FROM nowhere', on: 'source' as const },
    { sql: "UPDATE source SET Name = CONCAT(Name, ', read')", on: 'source' as const },
    { task: 'Other' },
  ];
  const world = workWorld({ task: { ...task, after }, source: side.mysql(), target: side.postgresql() });

  expect(await world.call({ after: 'Before' })).toMatchObject({ outcome: 'succeeded' });

  expect(await mysql.run("SELECT COUNT(*) AS n FROM source WHERE Name LIKE '%, read'")).toEqual([{ n: ROWS }]);
  expect(await postgresql.run("SELECT * FROM target WHERE name LIKE '%, read'")).toEqual([]);
  expect(world.told).toEqual([{ to: 'arn:Other', event: { after: 'Copy', ended: world.now().toISOString() } }]);
  expect(world.lines).toContain('what follows the run failed');
  expect((await world.runs())[0]).toMatchObject({ state: 'succeeded', cause: 'after' });
});
