import { InvalidSetting } from '../errors.ts';
import { batchNumber } from './batch-number.ts';
import { planImages } from './before-image.ts';
import type { Fold } from './fold.ts';
import type { Cells } from './row.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RunDialect } from './run-dialect.ts';
import { imageTablesOf, RunImages } from './run-images.ts';
import type { RowPlan, SourceField } from './run-ports.ts';
import { type CellPlan, planCells } from './run-row-plan.ts';
import type { RunSession } from './run-session.ts';
import { targetFold } from './target-fold.ts';

export interface RowWriting {
  readonly task: ScheduledTask;
  readonly target: DatabaseTarget;
  readonly dialect: RunDialect;
  /** The number of one batch. */
  readonly batch?: (() => string) | undefined;
}

/** One parameter of a statement; the Data API takes 4 MiB a request, as JSON, where quotes and backslashes count twice. */
const MAX_TEXT = 1.5 * 1024 * 1024;

/** Writes the rows of a scheduled task, in whoever's transaction it is: a page's, or of records that are replayed. */
export class RowWriter {
  readonly #task: ScheduledTask;
  readonly #target: DatabaseTarget;
  readonly #dialect: RunDialect;
  readonly #batch: () => string;
  #plan: CellPlan | undefined;
  #fold: Fold | undefined;
  #images: RunImages | undefined;

  constructor({ task, target, dialect, batch = batchNumber }: RowWriting) {
    this.#task = task;
    this.#target = target;
    this.#dialect = dialect;
    this.#batch = batch;
  }

  /** @throws InvalidSetting naming what cannot work */
  async plan(session: RunSession, fields: readonly SourceField[]): Promise<RowPlan<Cells>> {
    const [task, target, dialect] = [this.#task, this.#target, this.#dialect];
    const shape = await dialect.describe(session, target.table);
    if (shape === undefined) {
      throw new InvalidSetting(
        `${task.name}: target.table`,
        target.table,
        'a table of the target that its user may write; it sees none of this name',
      );
    }
    const plan = planCells(task, target, fields, dialect, shape);
    const { cells } = plan.statements;
    const kept = planImages({
      ...{ task: task.name, target, tables: imageTablesOf(target.place), dialect, shape, mapped: plan.mapped, cells },
    });
    this.#plan = plan;
    this.#images = kept && new RunImages(kept, task.name, target.place, dialect);
    this.#fold = targetFold(target, cells);

    return plan;
  }

  /** Before a transaction that writes: what images need. */
  async ready(session: RunSession): Promise<void> {
    await this.#images?.ready(session);
  }

  /** Of rows of one key the one that counts. */
  folded(rows: readonly Cells[]): readonly Cells[] {
    return this.#fold === undefined ? rows : this.#fold(rows);
  }

  /** Those that the table has already. */
  async settled(session: RunSession, rows: readonly Cells[]): Promise<ReadonlySet<Cells>> {
    const settled = new Set<Cells>();
    const ask = this.#plan?.statements.settled;
    if (ask === undefined) {
      return settled;
    }
    for (const piece of pieces(rows)) {
      for (const row of await session.query(ask(JSON.stringify(piece)))) {
        const found = piece[Number(row['n']) - 1];
        if (found !== undefined) {
          settled.add(found);
        }
      }
    }

    return settled;
  }

  /** @returns how many were changed, as the engine counts */
  async write(session: RunSession, rows: readonly Cells[]): Promise<number> {
    const number = this.#batch();
    const [plan, images] = [this.#plan, this.#images];
    let changed = 0;
    for (const piece of pieces(rows)) {
      const text = JSON.stringify(piece);
      const write = async () => (plan === undefined ? 0 : session.change(plan.statements.write(text, number)));
      const kept = { rows: text, count: piece.length, batch: number };
      changed += await (images === undefined ? write() : images.around(session, kept, write));
    }

    return changed;
  }

  /** What would be written of a row, for people. */
  show(row: Cells): Readonly<Record<string, unknown>> {
    const { cells = [], write } = this.#plan?.statements ?? {};
    const named = cells.map(({ column }, at) => [column.name, row[at] ?? null] as const);

    return { row: Object.fromEntries(named), sql: write?.(JSON.stringify([row]), this.#batch()).sql ?? '' };
  }
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
