import { beforeEach, expect, test } from '@jest/globals';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import { runTotals } from '../../../../core/fdi/run-report.ts';
import { database } from '../../../../functions/shared/database.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { mortal } from '../feed/mortal.ts';
import { databases, type Side, scheduledTask } from './databases.ts';
import { replay, run } from './replays.ts';

const { mysql, postgresql, side } = databases();

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source, target, causeway_position, causeway_replayed');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run('DELETE FROM causeway.run');
  await mysql.run('DELETE FROM causeway.quarantine');
  await mysql.run('DELETE FROM causeway.replayed');
  await mysql.run('CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(200))');
  await mysql.run(
    'CREATE TABLE target (Id BIGINT, Name VARCHAR(10), BatchNo VARCHAR(20), Place INT AUTO_INCREMENT PRIMARY KEY)',
  );
  await postgresql.run('DROP TABLE IF EXISTS target, causeway_position, causeway_replayed');
  await postgresql.run(
    'CREATE TABLE target ("Id" bigint, "Name" varchar(10), "BatchNo" text, place serial PRIMARY KEY)',
  );
});

type Kind = 'mysql' | 'postgresql';
type Into = readonly [name: string, kind: Kind, target: (task: string) => Side];
const INTO: readonly Into[] = [
  ['MySQL', 'mysql', () => side.mysql()],
  ['the platform', 'mysql', (task) => ({ ...side.platform(task), open: platformSessions(task, database, 'replay') })],
  ['PostgreSQL', 'postgresql', () => side.postgresql()],
];

/** Rows 1 to 9, of which every third does not fit. */
const fill = () =>
  mysql.run(
    `INSERT INTO source VALUES ${Array.from({ length: 9 }, (_, at) => `(${at + 1}, '${(at + 1) % 3 === 0 ? `much too long ${at + 1}` : `row ${at + 1}`}')`).join(', ')}`,
  );
const taskInto = (into: string, target: object = {}) =>
  scheduledTask(
    { table: 'source' },
    {
      place: into === 'the platform' ? 'platform' : 'external',
      write: 'insert',
      keys: [],
      batchNumberColumn: 'BatchNo',
      ...target,
    },
  );
const written = async (kind: Kind) =>
  (kind === 'mysql'
    ? await mysql.run('SELECT Id AS id, Name AS name FROM target ORDER BY Id, Place')
    : await postgresql.run('SELECT "Id"::int AS id, "Name" AS name FROM target ORDER BY "Id", place')
  ).map(({ id, name }) => `${id} ${name}`);
const held = () =>
  mysql.run(
    'SELECT Id AS id, PartitionKey AS position, Code AS code, Attempts AS attempts FROM causeway.quarantine ORDER BY Id',
  );
const correct = async (name: (id: number) => string = (id) => `good ${id}`) => {
  for (const { id, position } of await held()) {
    const key = Number(String(position).slice('Id='.length));
    const payload = Buffer.from(JSON.stringify({ Id: key, Name: name(key) })).toString('base64');
    await correctRejected(database(), { task: 'Copy', id: Number(id), payload, by: 'test' });
  }
};
const ALL = ['1 row 1', '2 row 2', '3 good 3', '4 row 4', '5 row 5', '6 good 6', '7 row 7', '8 row 8', '9 good 9'];

test.each(INTO)(
  'into %s corrected rows arrive, leave the quarantine and count as written',
  async (into, kind, target) => {
    await fill();
    const task = taskInto(into);
    await run(task, side.mysql(), target('Copy'));
    await correct();

    const answer = await replay({ task, side: target('Copy'), request: { count: true } });

    expect(answer).toMatchObject({ written: 3, refused: [], missing: [], matching: 3 });
    expect(await written(kind)).toEqual(ALL);
    expect(await held()).toEqual([]);
    expect(
      await mysql.run(
        "SELECT RowsRead AS nread, RowsWritten AS nwritten, RowsRejected AS nrejected FROM causeway.run WHERE Cause = 'replay'",
      ),
    ).toEqual([{ nread: 3, nwritten: 3, nrejected: 0 }]);
    // A source that has them as they were does not bring them into the quarantine again.
    await run(task, side.mysql(), target('Copy'), '20261124T100000000Z-0003');
    expect(await held()).toEqual([]);
  },
);

test.each(INTO)(
  'into %s what is refused again stays with the new reason, and one that the database refuses stands alone',
  async (into, kind, target) => {
    await fill();
    const task = taskInto(into);
    await run(task, side.mysql(), target('Copy'));
    await correct((id) => (id === 6 ? 'too long once more' : `good ${id}`));
    await (kind === 'mysql'
      ? mysql.run('ALTER TABLE target ADD CONSTRAINT NoNine CHECK (Id <> 9)')
      : postgresql.run('ALTER TABLE target ADD CONSTRAINT "NoNine" CHECK ("Id" <> 9)'));

    expect(await replay({ task, side: target('Copy') })).toMatchObject({
      written: 1,
      refused: [{ code: 'length' }, { code: 'database', reason: expect.stringContaining('NoNine') }],
    });
    expect(await written(kind)).toContain('3 good 3');
    expect(await held()).toMatchObject([
      { position: 'Id=6', code: 'length', attempts: 1 },
      { position: 'Id=9', code: 'database', attempts: 1 },
    ]);
  },
);

test('what is replayed is an object of JSON', async () => {
  await fill();
  const task = taskInto('MySQL');
  await run(task, side.mysql(), side.mysql());
  const [first, second] = await held();
  for (const [one, text] of [
    [first, '3;good'],
    [second, '"6;good"'],
  ] as const) {
    const payload = Buffer.from(text).toString('base64');
    await correctRejected(database(), { task: 'Copy', id: Number(one?.['id']), payload, by: 'test' });
  }

  expect(await replay({ task, side: side.mysql() })).toMatchObject({
    written: 0,
    refused: [{ code: 'syntax' }, { code: 'syntax' }, { code: 'length' }],
  });
});

test.each(INTO)(
  'into %s killed before or behind any call of a replay, each row is there once',
  async (into, kind, target) => {
    await fill();
    const task = taskInto(into);
    const stride = into === 'PostgreSQL' ? 4 : 2;
    let step = 1;
    // Before each call, which is behind the one before it.
    for (; ; step += stride) {
      await again(kind, task, target);
      const { died } = await dying(into, task, target, step);
      const answer = await replay({ task, side: target('Copy') });
      expect({ step, refused: answer.refused, rows: await written(kind), held: await held() }).toEqual({
        step,
        refused: [],
        rows: ALL,
        held: [],
      });
      expect({ step, replayed: await replayedInLog() }).toEqual({ step, replayed: 3 });
      if (!died) {
        break;
      }
    }

    expect(step).toBeGreaterThan(12);
  },
  60_000,
);

test('a marker that is there before its rows is found out', async () => {
  await fill();
  const [into, kind, target] = INTO[0] as Into;
  const task = taskInto(into);
  let lost = 0;
  for (let step = 1; ; step += 2) {
    await again(kind, task, target);
    const { died } = await dying(into, task, target, step, true);
    await replay({ task, side: target('Copy') });
    lost += (await written(kind)).join() === ALL.join() ? 0 : 1;
    if (!died) {
      break;
    }
  }

  expect(lost).toBeGreaterThan(0);
}, 60_000);

test.each(INTO)('into %s two that replay at once write each row once', async (into, kind, target) => {
  await fill();
  const task = taskInto(into);
  await run(task, side.mysql(), target('Copy'));
  await correct();

  const outcomes = await Promise.allSettled([1, 2, 3].map(() => replay({ task, side: target('Copy') })));
  await replay({ task, side: target('Copy') });

  expect(await written(kind)).toEqual(ALL);
  expect(await held()).toEqual([]);
  expect(await replayedInLog()).toBe(3);
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
});

test('an upsert without an event time is replayed only when that is wanted, and a stale row loses with one', async () => {
  await mysql.run('ALTER TABLE target ADD UNIQUE (Id)');
  await fill();
  const task = taskInto('MySQL', { write: 'upsert', keys: ['Id'] });
  await run(task, side.mysql(), side.mysql());
  await correct();
  await mysql.run("INSERT INTO target (Id, Name) VALUES (3, 'good 3')");

  await expect(replay({ task, side: side.mysql() })).rejects.toThrow('--overwrite');
  expect(await replay({ task, side: side.mysql(), request: { overwrite: true } })).toMatchObject({ written: 3 });
  expect(await written('mysql')).toEqual(ALL);
  expect(await mysql.run("SELECT RowsUnchanged AS n FROM causeway.run WHERE Cause = 'replay'")).toEqual([{ n: 1 }]);
});

test('what is in quarantine now counts as rejected, and what was replayed as written', async () => {
  await fill();
  const task = taskInto('MySQL');
  await run(task, side.mysql(), side.mysql());
  await mysql.run(
    "INSERT INTO causeway.run (Id, Task, State, Cause, Due, StartedAt, Attempts, RowsRead, RowsWritten, RowsUnchanged, RowsRejected, BytesRead, ReadMs, WriteMs) VALUES ('20261124T080000000Z-0001', 'Copy', 'succeeded', 'once', NOW(3), NOW(3), 1, 9, 6, 0, 3, 0, 0, 0)",
  );
  await correct((id) => (id === 6 ? 'too long once more' : `good ${id}`));
  await replay({ task, side: side.mysql() });

  expect((await runTotals(database(), ['Copy'])).get('Copy')).toMatchObject({ runs: 1, written: 8, rejected: 1 });
});

async function again(kind: Kind, task: Parameters<typeof run>[0], target: Into[2]): Promise<void> {
  const clear = kind === 'mysql' ? mysql.run : postgresql.run;
  await clear('DELETE FROM target');
  await clear('DROP TABLE IF EXISTS causeway_replayed');
  for (const table of ['run_position', 'run', 'quarantine', 'replayed']) {
    await mysql.run(`DELETE FROM causeway.${table}`);
  }
  await run(task, side.mysql(), target('Copy'));
  await correct();
}

async function dying(into: string, task: Parameters<typeof run>[0], target: Into[2], step: number, isBroken = false) {
  const own = mortal(target('Copy'), step, isBroken);
  const isCut = into !== 'the platform';
  await replay({
    task,
    side: isCut ? own.side : { ...own.side, open: own.dying(platformSessions('Copy', database, 'replay'), false) },
    platform: own.platform(),
    session: own.dying(platformSessions('Copy', database, 'replay'), false),
  }).catch(() => undefined);

  return { died: own.steps() >= step };
}

async function replayedInLog(): Promise<number> {
  const [row] = await mysql.run("SELECT SUM(RowsWritten) AS n FROM causeway.run WHERE Cause = 'replay'");

  return Number(row?.['n'] ?? 0);
}
