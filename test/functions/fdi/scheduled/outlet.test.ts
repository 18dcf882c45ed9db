import { beforeEach, expect, test } from '@jest/globals';
import { databaseReader } from '../../../../core/fdi/run-database-reader.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import { type RunReport, runTask } from '../../../../core/fdi/run-loop.ts';
import { NotTaken, type OutgoingRow, type Outlet, outletTarget, RowsRefused } from '../../../../core/fdi/run-outlet.ts';
import { Fenced, type RejectedRecord } from '../../../../core/fdi/run-ports.ts';
import { recordIds } from '../../../../core/fdi/run-record-id.ts';
import type { DatabaseSource } from '../../../../core/fdi/run-source.ts';
import { databases, dyingAt, type Side } from './databases.ts';

const { mysql, side } = databases();
const INCREMENT = { column: 'Changed', boundary: 'closed', overlap: 60 } as const;

interface Row extends OutgoingRow {
  readonly name: string;
}

/** What has arrived, in its order. */
let arrived: string[];
let requests: number;
/** Asked before a row arrives: what becomes of it. */
let fate: (row: Row) => void;
let atOnce: number;

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source');
  await mysql.run('DELETE FROM causeway.run_position');
  await mysql.run('CREATE TABLE source (Id INT PRIMARY KEY, Name VARCHAR(40), Changed DATETIME(3) NOT NULL)');
  await add(0, 20);
  arrived = [];
  requests = 0;
  atOnce = 4;
  fate = () => undefined;
});

async function add(from: number, to: number): Promise<void> {
  const values = Array.from({ length: to - from }, (_, at) => from + at).map(
    (id) => `(${id}, 'row ${id}', '2026-01-01' + INTERVAL ${id} SECOND)`,
  );
  await mysql.run(`INSERT INTO source VALUES ${values.join()}`);
}

/** Each row by itself, as an API takes them. */
function outlet(task: ScheduledTask): Outlet<Row> {
  return {
    recordsAtOnce: atOnce,
    plan(_fields, run) {
      const idOf = recordIds(task, run);

      return {
        version: '0',
        read: (record) => {
          const { Name: name } = record.value as { Name: string };

          return { id: idOf(record, name), name };
        },
      };
    },
    async send(rows, { hold, acknowledged }) {
      for (const row of rows) {
        await hold();
        requests += 1;
        fate(row);
        arrived.push(row.name);
        acknowledged(row);
      }
    },
    show: (row) => ({ ...row }),
    async close() {},
  };
}

async function attempt({
  increment,
  target = side.platform('Out'),
  remainingMs = () => 900_000,
}: {
  increment?: DatabaseSource['increment'];
  target?: Side;
  remainingMs?: () => number;
} = {}): Promise<RunReport & { readonly rejected: readonly RejectedRecord[] }> {
  const source: DatabaseSource = {
    ...{ kind: 'database', place: 'external', table: 'source', timeZone: 'UTC' },
    ...(increment !== undefined && { increment }),
  };
  const task: ScheduledTask = {
    ...{ name: 'Out', source, mapping: 'by-name', overlap: 'skip', after: [], pageSize: 10 },
    target: { kind: 'topic', topic: 'T', app: 'A', partitionKey: 'device', filterFields: [], keys: [] },
  };
  const rejected: RejectedRecord[] = [];
  const reader = databaseReader({ source, ...side.mysql(), pageSize: task.pageSize, where: task.name });
  const written = outletTarget({ task, outlet: outlet(task), open: target.open, now: () => performance.now() });
  try {
    const report = await runTask({
      ...{ reader, target: written, claim: { id: `run-${requests}` }, remainingMs },
      quarantine: { put: async (_run, _version, records) => void rejected.push(...records) },
      observer: { claimed: async () => undefined, moved: async () => undefined },
      isStopped: async () => false,
      pause: async () => undefined,
      now: () => performance.now(),
    });

    return { ...report, rejected };
  } finally {
    await Promise.all([reader.close(), written.close()]);
  }
}

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `row ${from + at}`);
}

test('every row arrives once, in its order, and the place moves with parts of a page', async () => {
  const first = await attempt({ remainingMs: () => (requests < 6 ? 900_000 : 1000) });
  expect(first.end.kind).toBe('continues');
  expect(arrived).toEqual(names(0, 8));

  const second = await attempt();

  expect(second).toMatchObject({ end: { kind: 'succeeded' }, counts: { read: 20, written: 20, unchanged: 0 } });
  expect(arrived).toEqual(names(0, 20));
});

test.each([
  ['minutes', 900_000],
  ['seconds', 9000],
])('what passes is tried again, and nothing that was acknowledged is sent twice, with %s left', async (_, left) => {
  let calls = 0;
  fate = () => {
    calls += 1;
    if (calls % 3 === 0) throw new NotTaken({ kind: 'passing', message: 'busy' });
  };

  expect(await attempt({ remainingMs: () => left })).toMatchObject({
    ...{ end: { kind: 'succeeded' }, counts: { read: 20, written: 20 } },
  });
  expect(arrived).toEqual(names(0, 20));
});

test('a row that is refused is found and quarantined with the reason, once asked for; the others arrive once', async () => {
  fate = (row) => {
    if (row.name === 'row 6' || row.name === 'row 7') {
      throw new RowsRefused([row], { kind: 'data', code: 'answer', message: `no ${row.name}` });
    }
  };
  atOnce = 10;
  const { counts, rejected } = await attempt();

  expect(counts).toMatchObject({ read: 20, written: 18, rejected: 2 });
  expect(rejected.map(({ record, rejection }) => [record.position, rejection])).toEqual([
    ['Id=6', expect.objectContaining({ code: 'answer', reason: 'no row 6' })],
    ['Id=7', expect.objectContaining({ code: 'answer', reason: 'no row 7' })],
  ]);
  expect(arrived).toEqual(names(0, 20).filter((name) => name !== 'row 6' && name !== 'row 7'));
  expect(requests).toBe(20);
});

test('what lasts fails the run, and the next one goes on behind what arrived', async () => {
  fate = ({ name }) => {
    if (name === 'row 5') throw new NotTaken({ kind: 'lasting', message: 'who are you?' });
  };
  expect((await attempt()).end).toMatchObject({ kind: 'failed', message: 'who are you?' });
  fate = () => undefined;

  expect(await attempt()).toMatchObject({ claimed: { isResumed: true }, end: { kind: 'succeeded' } });
  // The one row between the last place and the fault comes again.
  expect(arrived).toEqual([...names(0, 5), ...names(4, 20)]);
});

test('whatever statement a process dies before, nothing is missing, and at most one part comes again', async () => {
  let deaths = 0;
  for (let step = 1; ; step += 3) {
    await mysql.run('DELETE FROM causeway.run_position');
    arrived = [];
    const dying = dyingAt(side.platform('Out'), step);
    const died = await attempt({ target: dying }).catch(() => undefined);
    await mysql.run('UPDATE causeway.run_position SET HeldUntil = NULL');
    await attempt();
    if (died?.end.kind === 'succeeded') {
      break;
    }
    deaths += 1;
    expect({ step, missing: names(0, 20).filter((name) => !arrived.includes(name)) }).toEqual({ step, missing: [] });
    expect(arrived.length - 20).toBeLessThanOrEqual(atOnce);
    // In order, but for the part that is repeated.
    expect(arrived.filter((name, at) => arrived.lastIndexOf(name) === at)).toEqual(names(0, 20));
  }
  expect(deaths).toBeGreaterThan(4);
});

test('of what is read again only what is new or changed is sent, also by a run that was interrupted', async () => {
  expect((await attempt({ increment: INCREMENT })).counts).toMatchObject({ read: 20, written: 20 });
  await add(20, 24);
  await mysql.run("UPDATE source SET Name = 'changed' WHERE Id = 3");
  arrived = [];

  const first = await attempt({ increment: INCREMENT, target: dyingAt(side.platform('Out'), 12) });
  await mysql.run('UPDATE causeway.run_position SET HeldUntil = NULL');
  const second = await attempt({ increment: INCREMENT });

  expect(first.end.kind).toBe('failed');
  expect(second.counts).toMatchObject({ read: 24, written: 5, unchanged: 19 });
  expect(arrived).toEqual(['changed', ...names(20, 24)]);
  arrived = [];
  expect((await attempt({ increment: INCREMENT })).counts).toMatchObject({ read: 24, unchanged: 24, written: 0 });
  expect(arrived).toEqual([]);
});

test('a process that lost its task sends nothing more once it has looked', async () => {
  fate = () => undefined;
  const task = { name: 'Out', source: { kind: 'database', place: 'external', table: 'source', timeZone: 'UTC' } };
  const whole = {
    ...task,
    mapping: 'by-name',
    after: [],
    overlap: 'skip',
    pageSize: 1,
    target: {},
  } as unknown as ScheduledTask;
  let time = 0;
  const make = () =>
    outletTarget({ task: whole, outlet: outlet(whole), open: side.platform('Out').open, now: () => time });
  const [old, other] = [make(), make()];
  await old.claim({ id: 'run-1' });
  await mysql.run('UPDATE causeway.run_position SET HeldUntil = NULL');
  expect(await other.claim({ id: 'run-2' })).toMatchObject({ kind: 'claimed', isResumed: true });
  time += 21_000;
  const part = { rows: [{ id: 'a', name: 'a' }], rejected: 0, checkpoint: null, bytes: 0, isRepeated: false };

  await expect(old.write(part)).rejects.toBeInstanceOf(Fenced);
  await expect(old.finish(null)).rejects.toBeInstanceOf(Fenced);
  expect(arrived).toEqual([]);
  await Promise.all([old.close(), other.close()]);
});
