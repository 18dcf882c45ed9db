import type { BatchRows } from './before-image.ts';
import type { RollbackPorts } from './rollback-batch.ts';
import type { RunSession } from './run-session.ts';

/** Rows removed in one transaction. */
const AT_ONCE = 500;
export const WAITS_MS: readonly number[] = [20, 100, 400, 1500];

/**
 * Removes the rows that a task which only adds has added with a batch's number, some hundred at a time.
 *
 * @param note writes down how many, in the same transaction
 * @param enough whether another piece is to be begun
 * @returns whether nothing is left
 */
export async function removeInserted(
  { dialect, pause }: Pick<RollbackPorts, 'dialect' | 'pause'>,
  session: RunSession,
  rows: BatchRows,
  { note, enough }: { note: (deleted: number) => Promise<void>; enough: () => boolean },
): Promise<{ readonly deleted: number; readonly isDone: boolean }> {
  let total = 0;
  let attempt = 0;
  while (enough()) {
    await session.begin();
    try {
      const deleted = await dialect.images.removeBatch(session, rows, AT_ONCE);
      if (deleted > 0) {
        await note(deleted);
      }
      await session.commit();
      total += deleted;
      attempt = 0;
      if (deleted === 0) {
        return { deleted: total, isDone: true };
      }
    } catch (error) {
      await session.rollback();
      const wait = WAITS_MS[attempt];
      if (dialect.faultOf(error).kind !== 'passing' || wait === undefined) {
        throw error;
      }
      attempt += 1;
      await pause(wait);
    }
  }

  return { deleted: total, isDone: false };
}
