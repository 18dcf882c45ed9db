import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import { planImages } from './before-image.ts';
import { recordComputer } from './compute-record.ts';
import { type FeedTask, tableTask } from './feed-task.ts';
import type { Fold } from './fold.ts';
import { type MappedColumn, mapColumns } from './mapping.ts';
import { type RecordReader, recordReader } from './row.ts';
import type { RowStatements, RunDialect, TableShape } from './run-dialect.ts';
import { imageTablesOf, RunImages } from './run-images.ts';
import type { RunSession } from './run-session.ts';
import { targetFold } from './target-fold.ts';
import type { TaskLanguages } from './task-languages.ts';

/** A task joined with its table in another database: everything that is decided once and used for every record. Frozen. */
export interface FeedPlan extends RecordReader {
  readonly task: FeedTask;
  readonly statements: RowStatements;
  /** Where a key counts once in a batch. */
  readonly fold?: Fold;
  /** 12 hexadecimal digits, another for every other mapping; kept with quarantined records. */
  readonly mappingVersion: string;
  /** Where it is kept what rows were before. */
  readonly images?: RunImages;
}

/** The table as it is now. @throws InvalidSetting when its user sees none of the name */
export async function describeTarget({ name, target }: FeedTask, dialect: RunDialect, session: RunSession) {
  const shape = await dialect.describe(session, target.table);
  if (shape === undefined) {
    throw new InvalidSetting(
      `${name}: target.table`,
      target.table,
      'a table of the target that its user may write; it sees none of this name',
    );
  }

  return shape;
}

/**
 * @param models by which messages are judged; without them none is
 * @param languages those the task needs
 * @throws InvalidSetting when task and table do not go together
 */
export function planFeed(
  task: FeedTask,
  dialect: RunDialect,
  shape: TableShape,
  models: Pick<ProductModels, 'of'> = NO_MODELS,
  { xml, compile }: TaskLanguages = {},
): FeedPlan {
  const { target } = task;
  const own = tableTask(task);
  const isKey = (name: string) => target.keys.some((key) => key.toLowerCase() === name.toLowerCase());
  const columns = target.write === 'delete' ? shape.columns.filter(({ name }) => isKey(name)) : shape.columns;
  const unique = target.write === 'upsert' ? { uniqueKeys: shape.uniqueKeys } : {};
  const mapped = mapColumns(own, { columns, ...unique }, task.name);
  checkKeys(task, mapped);
  const statements = dialect.rows(target, shape, mapped);
  const compute = compile && recordComputer(own.source, statements.cells, compile, task.name, xml);
  // An insert leaves a key that is there alone, and so the first of a batch too.
  const fold = target.write === 'insert' ? undefined : targetFold(target, statements.cells);
  const tables = imageTablesOf(target.place);
  const kept = planImages({ task: task.name, target, tables, dialect, shape, mapped, cells: statements.cells });

  return Object.freeze({
    task,
    statements,
    ...(kept && { images: new RunImages(kept, task.name, target.place, dialect) }),
    read: recordReader(own.source, statements.cells, models, xml),
    ...(compute && { compute }),
    ...(fold && { fold }),
    mappingVersion: createHash('sha256')
      .update(JSON.stringify([task.source, target, task.mapping]))
      .digest('hex')
      .slice(0, 12),
  });
}

/** Rows are told apart by what their messages say. */
function checkKeys({ name, target }: FeedTask, mapped: readonly MappedColumn[]): void {
  const missing = target.keys.find(
    (key) =>
      !mapped.some(
        ({ column, value }) =>
          column.name.toLowerCase() === key.toLowerCase() && value.kind !== 'constant' && value.kind !== 'batchNumber',
      ),
  );
  if (missing !== undefined) {
    throw new InvalidSetting(`${name}: target.keys`, missing, 'a column that the mapping fills from the message');
  }
}
