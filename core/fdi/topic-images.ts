import { namedStatement } from '../apic/script/positional.ts';
import { type ImagePlan, PLATFORM_IMAGES, planImages } from './before-image.ts';
import type { Column } from './column.ts';
import type { MappedColumn } from './mapping.ts';
import { BETWEEN_PORTIONS } from './run-images.ts';
import { mysqlDialect } from './run-mysql.ts';
import type { RunStatement } from './run-session.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TopicTask } from './topic-task.ts';

/** How a task of messages keeps what its batches change, in the platform's database. */
export interface TopicImages {
  /** Before a batch's transaction: makes what images need, and removes some of the old ones as new ones come. */
  ready(database: Pick<TaskDatabase, 'execute'>): Promise<void>;
  /** In the transaction, around the statement that writes these rows. */
  around(write: Writing, statement: () => Promise<unknown>): Promise<void>;
}

export interface Writing {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly transactionId: string;
  /** The rows' parameter. */
  readonly rows: string;
  readonly count: number;
  readonly batch: string;
}

/** @returns undefined for a task that keeps nothing */
export function topicImages(
  { name, target }: TopicTask,
  columns: readonly Column[],
  mapped: readonly MappedColumn[],
  cells: readonly MappedColumn[],
): TopicImages | undefined {
  const plan = planImages({
    ...{ task: name, target, tables: PLATFORM_IMAGES, dialect: mysqlDialect, mapped, cells },
    shape: {
      name: target.table,
      columns: columns.map((column) => ({ ...column, as: column.collation ?? '' })),
      uniqueKeys: [],
      primaryKey: [],
    },
  });

  return plan && keeping(plan);
}

function keeping({ prepare, keep, settle, expire }: ImagePlan): TopicImages {
  let isPrepared = false;
  let kept = BETWEEN_PORTIONS;

  return {
    async ready(database) {
      for (const one of isPrepared ? [] : prepare) {
        await run(database, one);
      }
      isPrepared = true;
      if (kept >= BETWEEN_PORTIONS) {
        kept = 0;
        await run(database, expire);
      }
    },

    async around({ database, transactionId, rows, count, batch }, write) {
      kept += count;
      await run(database, keep(rows, batch), transactionId);
      await write();
      if (settle !== undefined) {
        await run(database, settle(rows, batch), transactionId);
      }
    },
  };
}

function run(database: Pick<TaskDatabase, 'execute'>, { sql, values }: RunStatement, transactionId?: string) {
  const parameters = values.map((value, at) =>
    typeof value === 'number' ? longParameter(`p${at + 1}`, value) : textParameter(`p${at + 1}`, value ?? ''),
  );

  return database.execute(
    namedStatement(sql, values).sql,
    parameters,
    transactionId === undefined ? {} : { transactionId },
  );
}
