import { EXTERNAL_IMAGES } from './before-image.ts';
import type { RunDialect } from './run-dialect.ts';
import { type OpenSession, statement } from './run-session.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';

/** Absolute values: it may be repeated. */
const COPY_SQL = `INSERT INTO causeway.rollback_log (Task, Batch, Target, Restored, Deleted, HandedOn, UndoneBy, FirstAt, UpdatedAt)
VALUES (:task, :batch, :target, :restored, :deleted, :handedOn, :by, CAST(:first AS DATETIME(3)), CAST(:updated AS DATETIME(3)))
ON DUPLICATE KEY UPDATE Restored = :restored, Deleted = :deleted, HandedOn = :handedOn, UndoneBy = :by, UpdatedAt = CAST(:updated AS DATETIME(3))`;

/** What was undone of a batch. Times as the database has them. */
export interface UndoneEntry {
  readonly task: string;
  readonly batch: string;
  readonly target: string;
  readonly restored: number;
  readonly deleted: number;
  readonly handedOn: number;
  readonly by: string;
  readonly first: string;
  readonly updated: string;
}

export async function copyEntry(platform: Pick<TaskDatabase, 'execute'>, entry: UndoneEntry): Promise<void> {
  const { task, batch, target, restored, deleted, handedOn, by, first, updated } = entry;
  await platform.execute(COPY_SQL, [
    ...Object.entries({ task, batch, target, by, first, updated }).map(([name, text]) => textParameter(name, text)),
    ...Object.entries({ restored, deleted, handedOn }).map(([name, count]) => longParameter(name, count)),
  ]);
}

/** Tells the platform's database, where tasks are shown, what another database has undone of a batch. */
export async function copyUndone(
  platform: Pick<TaskDatabase, 'execute'>,
  { task, batch }: { readonly task: string; readonly batch: string },
  { dialect, open }: { readonly dialect: RunDialect; readonly open: OpenSession },
): Promise<void> {
  const session = await open();
  try {
    const [row] = await session.query(
      statement(
        `SELECT Target AS target, Restored AS restored, Deleted AS deleted, HandedOn AS handedon, UndoneBy AS undoneby,
  ${dialect.timeText('FirstAt')} AS firstat, ${dialect.timeText('UpdatedAt')} AS updatedat FROM ${EXTERNAL_IMAGES.log} WHERE Task = ? AND Batch = ?`,
        [task, batch],
      ),
    );
    if (row !== undefined) {
      const [count, text] = [(name: string) => Number(row[name]), (name: string) => String(row[name])];
      await copyEntry(platform, {
        ...{ task, batch, target: text('target'), by: text('undoneby') },
        ...{ restored: count('restored'), deleted: count('deleted'), handedOn: count('handedon') },
        ...{ first: text('firstat'), updated: text('updatedat') },
      });
    }
  } finally {
    await session.close();
  }
}
