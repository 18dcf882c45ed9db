import type { RollbackPorts } from './rollback-batch.ts';
import { canBeUndone } from './rollback-target.ts';

/** Removed at once. */
export const PORTION = 2000;
/** A portion that is not begun any more with less than that. */
export const RESERVE_MS = 6000;

/**
 * Removes what is kept of the rows of a table and whose time is over. A task that writes does so as it goes; this is for one that has nothing to
 * write any more.
 *
 * @returns how many images
 */
export async function expireImages({
  target,
  tables,
  dialect,
  open,
  remainingMs,
}: Pick<RollbackPorts, 'target' | 'tables' | 'dialect' | 'open' | 'remainingMs'>): Promise<number> {
  if (target.write === 'insert' || !canBeUndone(target)) {
    return 0;
  }
  const session = await open();
  try {
    const shape = await dialect.describe(session, target.table);
    let removed = 0;
    for (let last = PORTION; shape !== undefined && last === PORTION && remainingMs() > RESERVE_MS; removed += last) {
      last = await session.change(dialect.images.expire(tables, shape.name, PORTION));
    }

    return removed;
  } finally {
    await session.close();
  }
}
