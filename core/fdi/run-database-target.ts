import { InvalidSetting } from '../errors.ts';
import { batchNumber } from './batch-number.ts';
import { planImages } from './before-image.ts';
import type { Fold } from './fold.ts';
import type { Cells } from './row.ts';
import type { AfterRun, ScheduledTask } from './run-definition.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RunDialect } from './run-dialect.ts';
import { imageTablesOf, RunImages } from './run-images.ts';
import type { PagePart, RunTarget } from './run-ports.ts';
import { EXTERNAL_POSITIONS, PLATFORM_POSITIONS, RunPositions } from './run-positions.ts';
import { type CellPlan, planCells } from './run-row-plan.ts';
import { type OpenSession, type RunSession, statement } from './run-session.ts';
import { soleSession } from './sole-session.ts';
import { targetFold } from './target-fold.ts';

export interface DatabaseWriting {
  readonly task: ScheduledTask;
  readonly target: DatabaseTarget;
  readonly dialect: RunDialect;
  readonly open: OpenSession;
  /** The number of one batch. */
  readonly batch?: () => string;
}

/** One parameter of a statement; the Data API takes 4 MiB a request, as JSON, where quotes and backslashes count twice. */
const MAX_TEXT = 1.5 * 1024 * 1024;

/** A table, with the task's place in the same database: a page and its place are one transaction. */
export function databaseTarget({
  task,
  target,
  dialect,
  open,
  batch = batchNumber,
}: DatabaseWriting): RunTarget<Cells> {
  const table = target.place === 'platform' ? PLATFORM_POSITIONS : EXTERNAL_POSITIONS;
  const positions = new RunPositions(task.name, table, dialect);
  const atEnd = task.after.filter(
    (action): action is AfterRun & { sql: string } => 'sql' in action && action.on === 'target',
  );
  const sessions = soleSession(open);
  const { alone, together } = sessions;
  let plan: CellPlan | undefined;
  let fold: Fold | undefined;
  let images: RunImages | undefined;

  /** The numbers of the rows that the table has already, from 0. */
  async function settledRows(own: RunSession, texts: readonly (readonly Cells[])[]): Promise<ReadonlySet<Cells>> {
    const settled = new Set<Cells>();
    const ask = plan?.statements.settled;
    if (ask === undefined) {
      return settled;
    }
    for (const rows of texts) {
      for (const row of await own.query(ask(JSON.stringify(rows)))) {
        const found = rows[Number(row['n']) - 1];
        if (found !== undefined) {
          settled.add(found);
        }
      }
    }

    return settled;
  }

  async function writeRows(own: RunSession, rows: readonly Cells[]): Promise<number> {
    const number = batch();
    let changed = 0;
    for (const piece of pieces(rows)) {
      const text = JSON.stringify(piece);
      const write = async () => (plan === undefined ? 0 : own.change(plan.statements.write(text, number)));
      const kept = { rows: text, count: piece.length, batch: number };
      changed += await (images === undefined ? write() : images.around(own, kept, write));
    }

    return changed;
  }

  return {
    async plan(fields) {
      const shape = await alone((own) => dialect.describe(own, target.table));
      if (shape === undefined) {
        throw new InvalidSetting(
          `${task.name}: target.table`,
          target.table,
          'a table of the target that its user may write; it sees none of this name',
        );
      }
      plan = planCells(task, target, fields, dialect, shape);
      const { cells } = plan.statements;
      const kept = planImages({
        ...{ task: task.name, target, tables: imageTablesOf(target.place), dialect, shape, mapped: plan.mapped, cells },
      });
      images = kept && new RunImages(kept, task.name, target.place, dialect);
      fold = targetFold(target, cells);

      return plan;
    },

    claim(run, wait) {
      return alone(async (own) => {
        await positions.prepare(own);

        return positions.claim(own, run, wait);
      });
    },

    async write(part: PagePart<Cells>) {
      const keeping = part.rows.length === 0 ? undefined : images;
      await (keeping && alone((own) => keeping.ready(own)));
      const { rows, rejected, checkpoint, bytes } = part;
      const folded = fold === undefined ? rows : fold(rows);
      const step = { checkpoint, read: rows.length + rejected, rejected, bytes };
      const isCompared = target.write === 'insert' ? target.keys.length > 0 : target.onlyChanged || part.isRepeated;

      return together(async (own) => {
        if (target.write === 'delete') {
          await positions.lock(own);
          const unchanged = Math.max(0, rows.length - (await writeRows(own, folded)));
          await positions.advance(own, { ...step, unchanged, written: rows.length - unchanged });

          return { unchanged };
        }
        if (!isCompared) {
          await positions.advance(own, { ...step, unchanged: 0, written: rows.length });
          await writeRows(own, folded);

          return { unchanged: 0 };
        }
        await positions.lock(own);
        const settled = await settledRows(own, pieces(folded));
        const unchanged = settled.size;
        await positions.advance(own, { ...step, unchanged, written: rows.length - unchanged });
        await writeRows(
          own,
          folded.filter((row) => !settled.has(row)),
        );

        return { unchanged };
      });
    },

    async renew() {
      if (sessions.isOpen && !sessions.isBusy) {
        await alone((own) => positions.renew(own)).catch(() => undefined);
      }
    },

    finish(mark) {
      return together(async (own) => {
        const awaited = await positions.lock(own);
        for (const { sql } of atEnd) {
          await own.change(statement(sql));
        }
        await positions.finish(own, mark);

        return awaited;
      });
    },

    show(row) {
      const { cells = [], write } = plan?.statements ?? {};
      const named = cells.map(({ column }, at) => [column.name, row[at] ?? null] as const);

      return { row: Object.fromEntries(named), sql: write?.(JSON.stringify([row]), batch()).sql ?? '' };
    },

    async release() {
      await alone((own) => positions.release(own)).catch(() => undefined);
    },

    faultOf: dialect.faultOf,

    close: () => sessions.close(),
  };
}

/** Rows in as many pieces as one parameter's size asks for; nearly always one. */
function pieces(rows: readonly Cells[]): readonly (readonly Cells[])[] {
  if (rows.length === 0) {
    return [];
  }
  const size = rows.reduce((sum, row) => sum + row.reduce((inner, cell) => inner + (cell?.length ?? 4) + 3, 0), 0);
  if (rows.length === 1 || size <= MAX_TEXT) {
    return [rows];
  }
  const middle = rows.length >> 1;

  return [...pieces(rows.slice(0, middle)), ...pieces(rows.slice(middle))];
}
