import { createHash } from 'node:crypto';
import { NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import type { Column } from './column.ts';
import { recordComputer } from './compute-record.ts';
import { type Fold, foldByKey } from './fold.ts';
import { mapColumns } from './mapping.ts';
import { type RecordReader, recordReader } from './row.ts';
import { type RowsStatement, rowsStatement } from './statement.ts';
import type { TaskLanguages } from './task-languages.ts';
import { type TopicImages, topicImages } from './topic-images.ts';
import type { TopicTask } from './topic-task.ts';

/** A task joined with its table: everything that is decided once and used for every record. Frozen. */
export interface TaskPlan extends RecordReader {
  readonly task: TopicTask;
  readonly statement: RowsStatement;
  /** Upserts only. */
  readonly fold?: Fold;
  /** 12 hexadecimal digits, another for every other mapping; kept with quarantined records. */
  readonly mappingVersion: string;
  /** Where the target keeps what its batches change. */
  readonly images?: TopicImages;
}

/**
 * @param models by which messages are judged; without them none is
 * @param languages those the task needs
 * @throws InvalidSetting when task and table do not go together
 */
export function planTask(
  task: TopicTask,
  columns: readonly Column[],
  models: Pick<ProductModels, 'of'> = NO_MODELS,
  { xml, compile }: TaskLanguages = {},
): TaskPlan {
  const mapped = mapColumns(task, { columns }, task.name);
  const statement = rowsStatement(task.target, mapped);
  const images = topicImages(task, columns, mapped, statement.cells);
  const compute = compile && recordComputer(task.source, statement.cells, compile, task.name, xml);

  return Object.freeze({
    task,
    statement,
    read: recordReader(task.source, statement.cells, models, xml),
    ...(compute && { compute }),
    ...(task.target.write === 'upsert' && { fold: foldByKey(task.target, statement.cells) }),
    mappingVersion: mappingVersion(task),
    ...(images && { images }),
  });
}

function mappingVersion({ source, target, mapping }: TopicTask): string {
  return createHash('sha256')
    .update(JSON.stringify([source, target, mapping]))
    .digest('hex')
    .slice(0, 12);
}
