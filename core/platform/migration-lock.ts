import { Refusal } from '../errors.ts';
import type { MigrationDatabase } from './migration-database.ts';

export interface MigrationLockOptions {
  /** Who wants it; the same owner gets it again. */
  readonly owner: string;
  /** Milliseconds left to wait for it. */
  readonly remainingMs: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Longer than one statement's call may take (45 s), so that only a dead owner loses it. */
const LEASE_SECONDS = 120;
const POLL_MS = 2000;

/**
 * Runs `work` as the only one that migrates the cluster: two definitions at a time would wait for each other's metadata locks. `work` gets a
 * function that prolongs the lock; it has to call it before every statement.
 *
 * @throws Refusal CAUSEWAY.0412 when the lock is held by another until the time is over, or was lost in between
 */
export async function withMigrationLock<T>(
  database: MigrationDatabase,
  { owner, remainingMs, pause }: MigrationLockOptions,
  work: (prolong: () => Promise<void>) => Promise<T>,
): Promise<T> {
  // `Turn` makes every prolongation a change: the count of changed rows tells whether the lock is ours.
  const take = async (condition: string) =>
    (await database.run(
      `UPDATE causeway.migration_lock
       SET Owner = :owner, Turn = Turn + 1, ExpiresAt = UTC_TIMESTAMP(3) + INTERVAL ${LEASE_SECONDS} SECOND
       WHERE Id = 1 AND ${condition}`,
      { owner },
    )) > 0;

  while (!(await take('(Owner = :owner OR ExpiresAt < UTC_TIMESTAMP(3))'))) {
    if (remainingMs() < POLL_MS) {
      throw new Refusal('CAUSEWAY.0412', { message: 'Another migration is running; try again when it has finished.' });
    }
    await pause(POLL_MS);
  }
  try {
    return await work(async () => {
      if (!(await take('Owner = :owner'))) {
        throw new Refusal('CAUSEWAY.0412', {
          message: 'Another migration has taken over; try again when it has finished.',
        });
      }
    });
  } finally {
    await database.run(
      `UPDATE causeway.migration_lock SET Turn = Turn + 1, ExpiresAt = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND
       WHERE Id = 1 AND Owner = :owner`,
      { owner },
    );
  }
}
