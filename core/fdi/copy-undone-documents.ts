import { copyEntry } from './copy-undone.ts';
import { databaseTime } from './database-time.ts';
import { type DocumentRollback, undoneDocuments } from './rollback-document-log.ts';
import type { TaskDatabase } from './shard-writer.ts';

/** Tells the platform's database, where tasks are shown, what MongoDB has undone of a batch. */
export async function copyUndoneDocuments(
  platform: Pick<TaskDatabase, 'execute'>,
  batch: string,
  { task, open }: Pick<DocumentRollback, 'task' | 'open'>,
): Promise<void> {
  const session = await open();
  try {
    const { noted, ...counts } = await undoneDocuments(session, task, batch);
    if (noted !== undefined) {
      const { target, by, firstAt, updatedAt } = noted;
      const times = { first: databaseTime(firstAt), updated: databaseTime(updatedAt) };
      await copyEntry(platform, { task, batch, target, by, ...counts, ...times });
    }
  } finally {
    await session.close();
  }
}
