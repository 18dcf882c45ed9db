import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rollbackBatch } from '../../../../core/fdi/rollback-batch.ts';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { imageTablesOf } from '../../../../core/fdi/run-images.ts';
import type { RunRow } from '../../../../core/fdi/run-session.ts';
import { statement } from '../../../../core/fdi/run-session.ts';
import { databases, type Side, scheduledTask } from './databases.ts';

const { side, mysql } = databases();

const FIELDS = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Name', type: 'string', path: ['Name'] },
  { name: 'Ratio', type: 'number', path: ['Ratio'] },
  { name: 'At', type: 'datetime', path: ['At'] },
] as const;
const KEYS = [1, 2];
const UPSERT: Partial<DatabaseTarget> = { table: 'undone', batchNumberColumn: 'BatchNo', rollbackSeconds: 3600 };
const DELETE: Partial<DatabaseTarget> = { table: 'undone', write: 'delete', rollbackSeconds: 3600 };

type Place = 'platform' | 'external';
type Row = string | undefined;
/** What was done to one row, in order: whoever it was, this is what the row was afterwards. */
interface Event {
  readonly batch?: string;
  readonly row: Row;
}

const record = fc.record({
  Id: fc.constantFrom(...KEYS),
  Name: fc.option(fc.constantFrom('', 'a', 'A ', `q"'\\/?:p1`, 'ä😀', '\u0001\n\t', 'null')),
  Ratio: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })),
  At: fc.constantFrom('2026-11-01T08:00:00.001Z', '1999-12-31T23:59:59.999Z'),
});
const batch = fc.record({ write: fc.array(record, { minLength: 1, maxLength: 3 }) });
const step = fc.oneof(
  { weight: 4, arbitrary: batch },
  { weight: 2, arbitrary: fc.record({ remove: fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ foreign: fc.constantFrom(...KEYS), deletes: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ undo: fc.nat({ max: 1000 }) }) },
);

/** A table that tasks write and others change, and what has to become of it. */
class World {
  readonly #side: Side;
  readonly #place: Place;
  readonly #events = new Map<number, Event[]>(KEYS.map((key) => [key, []]));
  readonly #batches: { readonly number: string; readonly target: Partial<DatabaseTarget> }[] = [];
  #number = 0;

  constructor(own: Side, place: Place) {
    this.#side = own;
    this.#place = place;
  }

  async write(records: readonly unknown[], target: Partial<DatabaseTarget>): Promise<void> {
    const before = await this.rows();
    const task = this.#taskOf(target);
    this.#number += 1;
    const number = this.#number.toString(16).padStart(15, '0');
    const { dialect, open } = this.#side;
    const own = databaseTarget({ task, target: task.target, dialect, open, batch: () => number });
    try {
      await own.claim({ id: 'run-1' });
      const plan = await own.plan(FIELDS);
      const rows = records.map((value) => plan.read({ value, position: '' })) as (readonly string[])[];
      await own.write({ rows, rejected: 0, checkpoint: null, bytes: 0, isRepeated: false });
    } finally {
      await own.release();
      await own.close();
    }
    this.#batches.push({ number, target });
    const after = await this.rows();
    for (const key of new Set(records.map((value) => (value as { Id: number }).Id))) {
      if (before.get(key) !== after.get(key)) {
        this.#eventsOf(key).push({ batch: number, row: after.get(key) });
      }
    }
  }

  async change(key: number, deletes: boolean): Promise<void> {
    const before = (await this.rows()).get(key);
    this.#number += 1;
    await this.#run(
      deletes
        ? `DELETE FROM undone WHERE Id = ${key}`
        : `UPDATE undone SET Name = 'by somebody ${this.#number}' WHERE Id = ${key}`,
    );
    const row = (await this.rows()).get(key);
    if (row !== before) {
      this.#eventsOf(key).push({ row });
    }
  }

  async undo(which: number): Promise<void> {
    const batch = this.#batches[which % this.#batches.length];
    if (batch === undefined) {
      return;
    }
    const task = this.#taskOf(batch.target);
    const { dialect, open } = this.#side;
    const ports = { task: task.name, target: task.target, tables: imageTablesOf(this.#place), dialect, open };
    const times = { remainingMs: () => 60_000, pause: async () => undefined };
    const request = { batch: batch.number, by: 'test' };
    let left = 0;
    for (const events of this.#events.values()) {
      const at = events.findIndex((event) => event.batch === batch.number);
      const follower = events[at + 1];
      if (at >= 0 && follower !== undefined && follower.batch === undefined) {
        left += 1;
      } else if (at >= 0) {
        events.splice(at, 1);
      }
    }
    const answer = await rollbackBatch({ ...ports, ...times }, request).catch((error: Error) => error.message);
    if (typeof answer !== 'string') {
      expect(answer.left).toBe(left);
    } else {
      expect([left, answer]).toEqual([0, expect.stringMatching(/^Nothing is kept of a batch/)]);
    }
  }

  expected(): Map<number, Row> {
    const rows = [...this.#events].map(([key, events]) => [key, events.at(-1)?.row] as const);

    return new Map(rows.filter(([, row]) => row !== undefined));
  }

  async rows(): Promise<Map<number, Row>> {
    const rows = await this.#run('SELECT Id, Name, Ratio, At, BatchNo FROM undone ORDER BY Id');

    return new Map(rows.map((row) => [Number(Object.values(row)[0]), JSON.stringify(Object.values(row))]));
  }

  #eventsOf(key: number): Event[] {
    return this.#events.get(key) ?? [];
  }

  /** From the newest on, or the other way round, or in between. */
  async undoAll(order: readonly number[]): Promise<void> {
    for (const which of [...order, ...this.#batches.keys()]) {
      await this.undo(which);
      expect(await this.rows()).toEqual(this.expected());
    }
  }

  #taskOf(target: Partial<DatabaseTarget>) {
    const name = target.write === 'delete' ? 'Remove' : 'Write';
    const task = scheduledTask({}, { ...target, place: this.#place }, { name });

    return { ...task, target: task.target as DatabaseTarget };
  }

  async #run(sql: string): Promise<readonly RunRow[]> {
    const session = await this.#side.open();
    try {
      if (sql.startsWith('SELECT')) {
        return await session.query(statement(sql));
      }
      await session.change(statement(sql));

      return [];
    } finally {
      await session.close();
    }
  }

  async empty(): Promise<void> {
    const { images, log } = imageTablesOf(this.#place);
    await this.#run('DELETE FROM undone');
    for (const table of [images, log]) {
      await this.#run(`DELETE FROM ${table}`).catch(() => undefined);
    }
  }
}

const COLUMNS = 'Id INT NOT NULL PRIMARY KEY, Name VARCHAR(40) NULL, Ratio DOUBLE PRECISION NULL';
const SIDES: readonly (readonly [string, () => Side, Place, string])[] = [
  ['MySQL', side.mysql, 'external', `${COLUMNS}, At DATETIME(3) NOT NULL, BatchNo VARCHAR(15) NOT NULL`],
  ['the platform', () => side.platform('Undo'), 'platform', ''],
  ['PostgreSQL', side.postgresql, 'external', `${COLUMNS}, At TIMESTAMP(3) NOT NULL, BatchNo VARCHAR(15) NOT NULL`],
];

test.each(SIDES)(
  'in %s, whatever batches, roll-backs and others do, a row is what was last done to it and not undone',
  async (_name, sideOf, place, columns) => {
    const own = sideOf();
    const made = await own.open();
    await (columns === ''
      ? mysql.run('DELETE FROM undone')
      : made.change(
          statement(
            `CREATE TABLE undone (${columns.replace('40)', columns.includes('TIMESTAMP') ? '40)' : '40) COLLATE utf8mb4_bin')})`,
          ),
        ));
    await made.close();

    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 2, maxLength: 4 }),
        fc.array(step, { maxLength: 5 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 4 }),
        async (writes, more, order) => {
          const world = new World(own, place);
          await world.empty();
          for (const one of [...writes, ...more]) {
            if ('write' in one) {
              await world.write(one.write, UPSERT);
            } else if ('remove' in one) {
              await world.write(
                one.remove.map((Id) => ({ Id })),
                DELETE,
              );
            } else if ('undo' in one) {
              await world.undo(one.undo);
            } else {
              await world.change(one.foreign, one.deletes);
            }
            expect(await world.rows()).toEqual(world.expected());
          }
          await world.undoAll(order);
        },
      ),
      { numRuns: place === 'external' && columns.includes('DATETIME') ? 15 : 5, endOnFailure: true },
    );
  },
  120_000,
);
