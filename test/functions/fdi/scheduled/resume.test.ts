import { beforeEach, expect, test } from '@jest/globals';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { Fenced } from '../../../../core/fdi/run-ports.ts';
import { attempt, databases, dyingAt, type Side, scheduledTask } from './databases.ts';

const { mysql, postgresql, side } = databases();

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source, target, causeway_position');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run(
    `CREATE TABLE source (Part INT, Id BIGINT, Name VARCHAR(40), Changed DATETIME(3) NOT NULL, PRIMARY KEY (Part, Id), KEY (Changed))`,
  );
  await mysql.run(
    'CREATE TABLE target (Part INT, Id BIGINT, Name VARCHAR(40), Written INT AUTO_INCREMENT UNIQUE KEY, PRIMARY KEY (Part, Id))',
  );
  await mysql.run(
    `INSERT INTO source VALUES ${Array.from({ length: 20 }, (_, at) => `(${at % 3}, ${at}, 'row ${at}', '2026-01-01 00:00:0${at % 4}')`).join()}`,
  );
  await postgresql.run('DROP TABLE IF EXISTS target, causeway_position');
  await postgresql.run('CREATE TABLE target (part int, id bigint, name text, written serial, PRIMARY KEY (part, id))');
});

const TARGETS: readonly (readonly [
  string,
  'platform' | 'external',
  () => Side,
  () => Promise<Record<string, unknown>[]>,
])[] = [
  [
    'MySQL',
    'external',
    () => side.mysql(),
    () => mysql.run('SELECT COUNT(*) AS n, COUNT(DISTINCT Part, Id) AS d, MAX(Written) AS w FROM target'),
  ],
  [
    'the platform',
    'platform',
    () => side.platform('Copy'),
    () => mysql.run('SELECT COUNT(*) AS n, COUNT(DISTINCT Part, Id) AS d, MAX(Written) AS w FROM target'),
  ],
  [
    'PostgreSQL',
    'external',
    () => side.postgresql(),
    () => postgresql.run('SELECT COUNT(*) AS n, COUNT(DISTINCT (part, id)) AS d, MAX(written) AS w FROM target'),
  ],
];

test.each(TARGETS)(
  'into %s a run that dies before some statement goes on, and every row is written once',
  async (name, place, target, look) => {
    const task = scheduledTask(
      { table: 'source', increment: { column: 'Changed', boundary: 'closed', overlap: 0 } },
      { place, keys: ['Part', 'Id'], write: 'insert' },
      { pageSize: 12 },
    );
    // Each attempt dies some statements later than the one before; `npm run faults:scheduled` kills processes before every one of them.
    const first = 1 + 2 * TARGETS.findIndex(([known]) => known === name);
    let attempts = 0;
    for (let step = first; ; step += 5) {
      await clear(name);
      const dying = dyingAt(target(), step);
      const died = await attempt({ source: side.mysql(), target: dying, task }).catch(() => undefined);
      attempts += 1;
      await expire(name);
      const { end, counts } = await attempt({ source: side.mysql(), target: target(), task, id: 'run-2' });
      expect(end).toEqual({ kind: 'succeeded', isAwaited: false });
      const [row] = await look();
      expect({ step, rows: Number(row?.['n']), distinct: Number(row?.['d']) }).toEqual({
        step,
        rows: 20,
        distinct: 20,
      });
      if (died?.end.kind === 'succeeded') {
        break;
      }
      expect(counts.read).toBe(counts.written + counts.unchanged + counts.rejected);
      expect(counts).toMatchObject({ read: 20, rejected: 0 });
    }
    expect(attempts).toBeGreaterThan(3);
  },
);

function engineOf(name: string) {
  return name === 'PostgreSQL' ? postgresql : mysql;
}

async function clear(name: string): Promise<void> {
  const engine = engineOf(name);
  await engine.run('DELETE FROM target');
  await engine.run(
    name === 'the platform' ? 'DELETE FROM causeway.run_position' : 'DROP TABLE IF EXISTS causeway_position',
  );
}

/** As if the dead process's minute were over. */
async function expire(name: string): Promise<void> {
  if (name === 'the platform') {
    await mysql.run('UPDATE causeway.run_position SET HeldUntil = NULL');
    return;
  }
  await engineOf(name)
    .run('UPDATE causeway_position SET HeldUntil = NULL')
    .catch(() => undefined);
}

test.each(TARGETS)('into %s a process that lost its task writes nothing more', async (name, place, target, look) => {
  const task = scheduledTask({ table: 'source' }, { place, keys: ['Part', 'Id'] });
  const [old, other] = [target(), target()].map(({ dialect, open }) =>
    databaseTarget({ task, target: task.target as DatabaseTarget, dialect, open }),
  );
  await old?.claim({ id: 'run-1' });
  const plan = await old?.plan([
    { name: 'Part', type: 'integer', path: ['Part'] },
    { name: 'Id', type: 'integer', path: ['Id'] },
  ]);
  const row = plan?.read({ value: { Part: 1, Id: 1 }, position: '' });

  expect(await other?.claim({ id: 'run-2' })).toEqual({ kind: 'busy', run: 'run-1', isToldToWait: false });
  expect(await other?.claim({ id: 'run-2', wait: true })).toEqual({ kind: 'busy', run: 'run-1', isToldToWait: true });
  await expire(name);
  expect(await other?.claim({ id: 'run-2' })).toMatchObject({ kind: 'claimed', run: 'run-1', isResumed: true });

  await expect(
    old?.write({ rows: [row as never], rejected: 0, checkpoint: null, bytes: 0, isRepeated: false }),
  ).rejects.toBeInstanceOf(Fenced);
  await expect(old?.finish(null)).rejects.toBeInstanceOf(Fenced);
  expect(Number((await look())[0]?.['n'])).toBe(0);
  // The end tells that somebody waits for it.
  expect(await other?.finish({ of: 'x' })).toEqual({ isAwaited: true });
  await Promise.all([old?.close(), other?.close()]);
});

test('rows that come late within the overlap arrive, those before it do not, and nothing is written twice', async () => {
  const task = scheduledTask(
    {
      table: 'source',
      increment: { column: 'Changed', boundary: 'closed', overlap: 60, initial: '2026-01-01 00:00:02' },
    },
    { keys: ['Part', 'Id'] },
  );
  const sides = { source: side.mysql(), target: side.mysql(), task };
  expect((await attempt(sides)).counts).toMatchObject({ read: 10, written: 10 });
  await mysql.run(
    `INSERT INTO source VALUES (7, 1, 'late', '2026-01-01 00:00:01'), (7, 2, 'too late', '2025-12-31 23:58:00'), (7, 3, 'new', '2026-01-01 00:01:00')`,
  );

  const { counts } = await attempt(sides);

  // What is read again begins a minute before the last value, 00:00:03: also what the initial value had left out.
  expect(counts).toMatchObject({ read: 22, written: 12, unchanged: 10 });
  expect(await mysql.run('SELECT Name FROM target WHERE Part = 7 ORDER BY Id')).toEqual([
    { Name: 'late' },
    { Name: 'new' },
  ]);
  await mysql.run("UPDATE source SET Name = 'changed', Changed = '2026-01-01 00:02:00' WHERE Part = 7 AND Id = 1");
  expect((await attempt(sides)).counts).toMatchObject({ written: 1 });
});

test('an open boundary reads only what is greater, from a SELECT as from a table', async () => {
  const increment = { column: 'Id', boundary: 'open' as const, overlap: 0 };
  const sql = 'SELECT Id, MAX(Part) AS Part, MAX(Name) AS Name FROM source GROUP BY Id';
  const task = scheduledTask({ sql, key: ['Id'], increment }, { keys: ['Part', 'Id'], write: 'insert' });
  const sides = { source: side.mysql(), target: side.mysql(), task };
  expect((await attempt(sides)).counts).toMatchObject({ read: 20, written: 20 });
  await mysql.run("INSERT INTO source VALUES (1, 50, 'new', NOW())");

  expect((await attempt(sides)).counts).toMatchObject({ read: 1, written: 1 });
  expect((await attempt(sides)).counts).toMatchObject({ read: 0 });
});

test('what follows a run is done in its last transaction, and a run that is out of time goes on', async () => {
  await mysql.run('CREATE TABLE IF NOT EXISTS counted (N INT)');
  await mysql.run('DELETE FROM counted');
  const after = [{ sql: 'INSERT INTO counted SELECT COUNT(*) FROM target', on: 'target' as const }];
  const task = scheduledTask({ table: 'source' }, { keys: ['Part', 'Id'] }, { after });
  const sides = { source: side.mysql(), target: side.mysql(), task };
  let left = 90_000;
  const first = await attempt({ ...sides, remainingMs: () => (left -= 10_000) });
  expect(first).toMatchObject({ end: { kind: 'continues' } });
  expect(await mysql.run('SELECT N FROM counted')).toEqual([]);

  const second = await attempt({ ...sides, id: 'another' });

  expect(second).toMatchObject({
    claimed: { run: 'run-1', isResumed: true },
    end: { kind: 'succeeded' },
    counts: { read: 20 },
  });
  expect(await mysql.run('SELECT N FROM counted')).toEqual([{ N: 20 }]);
});

test('a stopped run ends behind its page and goes on there', async () => {
  const task = scheduledTask({ table: 'source' }, { keys: ['Part', 'Id'] });
  const sides = { source: side.mysql(), target: side.mysql(), task };
  let asked = 0;
  const first = await attempt({ ...sides, isStopped: async () => ++asked > 2 });
  expect(first).toMatchObject({ end: { kind: 'cancelled' }, counts: { read: 6 } });

  expect(await attempt(sides)).toMatchObject({ end: { kind: 'succeeded' }, counts: { read: 20, written: 20 } });
});
