import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EXTERNAL_IMAGES } from '../../../../core/fdi/before-image.ts';
import { expireImages } from '../../../../core/fdi/expire-images.ts';
import type { FeedTask } from '../../../../core/fdi/feed-task.ts';
import { listBatches } from '../../../../core/fdi/list-batches.ts';
import { rollbackBatch } from '../../../../core/fdi/rollback-batch.ts';
import { databases, type Side } from '../scheduled/databases.ts';
import { delivering, feedTask, type Order, order } from './feeds.ts';
import { mortal } from './mortal.ts';

const { mysql, postgresql, side } = databases();
type Run = (sql: string) => Promise<Record<string, unknown>[]>;
type Engine = readonly [name: string, target: () => Side, run: Run, quoted: (name: string) => string];
const ENGINES: readonly Engine[] = [
  ['MySQL', () => side.mysql(), (sql) => mysql.run(sql), (name) => name],
  ['PostgreSQL', () => side.postgresql(), (sql) => postgresql.run(sql), (name) => `"${name}"`],
];
const TABLES = ['target', 'causeway_feed', 'causeway_before_image', 'causeway_image_shape', 'causeway_rollback_log'];

beforeEach(async () => {
  await Promise.all(ENGINES.map(([, , run]) => run(`DROP TABLE IF EXISTS ${TABLES.join(', ')}`)));
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
  await mysql.run('CREATE TABLE target (Id BIGINT PRIMARY KEY, Name VARCHAR(20), BatchNo VARCHAR(20), At DATETIME(3))');
  await postgresql.run(
    'CREATE TABLE target ("Id" bigint PRIMARY KEY, "Name" varchar(20), "BatchNo" varchar(20), "At" timestamp(3))',
  );
});

const KEEPING = feedTask({ batchNumberColumn: 'BatchNo', rollbackSeconds: 3600 });
const ports = (own: Side, { name, target }: FeedTask = KEEPING) => ({
  ...{ task: name, target, tables: EXTERNAL_IMAGES, dialect: own.dialect, open: own.open },
  ...{ remainingMs: () => 60_000, pause: async () => undefined },
});
const undo = (own: Side, batch: string) => rollbackBatch(ports(own), { batch, by: 'test' });
const list = (own: Side, task?: FeedTask, since = new Date(Date.now() - 600_000)) =>
  listBatches(ports(own, task), { since: since.toISOString(), limit: 10 });

/** A table, and the number of its next message. */
class World {
  #n = 0;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** One batch. @returns its number, or that of the row before if nothing was written */
  async write(orders: readonly Omit<Order, 'n'>[], task = KEEPING): Promise<string> {
    const consumer = delivering({ task, side: this.#engine[1]() });
    expect(await consumer.batch(this.records(orders))).toBe(undefined);
    await consumer.end();
    const id = orders.at(-1)?.id;
    const [row] = await this.run(
      `SELECT ${this.quoted('BatchNo')} AS batch FROM target WHERE ${this.quoted('Id')} = ${id}`,
    );

    return String(row?.['batch']);
  }

  records(orders: readonly Omit<Order, 'n'>[]) {
    return orders.map((one) => {
      this.#n += 1;

      return order({ ...one, n: this.#n });
    });
  }

  async rows(): Promise<Readonly<Record<string, string>>> {
    const [id, name] = [this.quoted('Id'), this.quoted('Name')];
    const rows = await this.run(`SELECT ${id} AS id, ${name} AS name FROM target ORDER BY ${id}`);

    return Object.fromEntries(rows.map((row) => [String(row['id']), String(row['name'])]));
  }

  run(sql: string) {
    return this.#engine[2](sql);
  }

  quoted(name: string) {
    return this.#engine[3](name);
  }
}

test.each(ENGINES)(
  'in %s a batch of messages is undone; what somebody else changed is left and named',
  async (...engine) => {
    const [, target] = engine;
    const world = new World(engine);
    const first = await world.write([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    const second = await world.write([
      { id: 2, name: 'B' },
      { id: 3, name: 'c' },
      { id: 4, name: 'd' },
    ]);
    await world.run(`UPDATE target SET ${world.quoted('Name')} = 'ours' WHERE ${world.quoted('Id')} = 4`);

    expect(await list(target())).toMatchObject({
      items: [
        { batch: second, rows: 3, added: 2, undone: 0, isUndoable: true },
        { batch: first, rows: 2, added: 2, undone: 0, isUndoable: true },
      ],
      more: false,
    });
    expect(await undo(target(), second)).toMatchObject({
      ...{ restored: 1, deleted: 1, left: 1 },
      examples: [{ key: { Id: '4' }, reason: 'changed' }],
    });
    expect(await world.rows()).toEqual({ 1: 'a', 2: 'b', 4: 'ours' });
    expect((await list(target())).items).toContainEqual(expect.objectContaining({ batch: second, rows: 1, undone: 2 }));
    expect(await undo(target(), first)).toMatchObject({ deleted: 2 });
    expect(await world.rows()).toEqual({ 4: 'ours' });
  },
);

test.each(ENGINES)(
  'in %s batches undone in whatever order leave what was before the first',
  async (...engine) => {
    const [, target] = engine;
    const batch = fc.array(fc.record({ id: fc.constantFrom(1, 2, 3), name: fc.constantFrom('a', 'b', '', "q'\\") }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (batches, picks) => {
          for (const table of TABLES.slice(2)) {
            await engine[2](`DELETE FROM ${table}`).catch(() => undefined);
          }
          const world = new World(engine);
          await world.run('DELETE FROM target');
          await world.run('DELETE FROM causeway_feed').catch(() => undefined);
          await mysql.run('DELETE FROM causeway.position');
          await world.run(`INSERT INTO target (${world.quoted('Id')}, ${world.quoted('Name')}) VALUES (1, 'first')`);
          for (const orders of batches) {
            await world.write(orders);
          }
          const left = (await list(target())).items.map((item) => item.batch);
          while (left.length > 0) {
            const [picked] = left.splice((picks.next().value as number) % left.length, 1);
            expect(await undo(target(), String(picked))).toMatchObject({ left: 0 });
          }
          expect(await world.rows()).toEqual({ 1: 'first' });
        },
      ),
      { numRuns: 6, seed: 11 },
    );
  },
  60_000,
);

test.each(ENGINES)(
  'in %s a consumer that is killed anywhere keeps what it needs to be undone, once',
  async (...engine) => {
    const [, target] = engine;
    let step = 1;
    for (; ; step += 4) {
      for (const table of TABLES.slice(1)) {
        await engine[2](`DROP TABLE IF EXISTS ${table}`);
      }
      await engine[2]('DELETE FROM target');
      await mysql.run('DELETE FROM causeway.position');
      const world = new World(engine);
      await world.write([{ id: 1, name: 'before' }]);
      const records = world.records([
        { id: 1, name: 'after' },
        { id: 2, name: 'new' },
      ]);
      const dying = mortal(target(), step);
      await delivering({ task: KEEPING, side: dying.side, platform: dying.platform })
        .batch(records)
        .catch(() => undefined);
      const living = delivering({ task: KEEPING, side: target() });
      await living.batch(records);
      await living.end();
      const [last] = (await list(target())).items;

      expect({ step, undone: await undo(target(), last?.batch ?? ''), rows: await world.rows() }).toMatchObject({
        step,
        undone: { restored: 1, deleted: 1, left: 0 },
        rows: { 1: 'before' },
      });
      if (dying.steps() < step) {
        break;
      }
    }

    expect(step).toBeGreaterThan(20);
  },
  60_000,
);

test.each(ENGINES)('in %s what a task only added is listed by its numbers, and undone', async (...engine) => {
  const [, target] = engine;
  const world = new World(engine);
  const task = feedTask({ write: 'insert', batchNumberColumn: 'BatchNo', eventTimeColumn: 'At' });
  const batch = await world.write([{ id: 1 }, { id: 2 }], task);

  const since = new Date('2026-01-01T00:00:00Z');
  expect(await list(target(), task, since)).toMatchObject({
    items: [{ batch, rows: 2, added: 2, until: null, isUndoable: true, at: expect.stringMatching(/^2026-/) }],
  });
  expect(await rollbackBatch(ports(target(), task), { batch, by: 'test' })).toMatchObject({ deleted: 2 });
  expect(await world.rows()).toEqual({});
});

test.each(ENGINES)('in %s what is kept no longer is removed, and nothing else', async (...engine) => {
  const [, target] = engine;
  const world = new World(engine);
  const old = await world.write([{ id: 1, name: 'a' }]);
  const young = await world.write([{ id: 2, name: 'b' }]);
  await world.run(`UPDATE causeway_before_image SET KeptUntil = '2026-01-01 00:00:00' WHERE Batch = '${old}'`);

  expect(await expireImages(ports(target()))).toBe(1);
  expect(await expireImages(ports(target()))).toBe(0);
  expect((await list(target())).items.map((item) => item.batch)).toEqual([young]);
});
