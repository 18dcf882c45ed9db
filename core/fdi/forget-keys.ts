import { FORGET_KEYS_SQL } from './key-position.ts';
import { MINUTE_MS, minuteOf } from './ledger.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import type { TaskPositions } from './task-positions.ts';

const HOUR_MS = 60 * MINUTE_MS;
/** A batch that Lambda has in hand is older than its topic keeps messages by no more than that. */
const MARGIN_MS = 24 * HOUR_MS;

export interface ForgetPorts {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly now: () => number;
}

/**
 * Removes positions of partition keys of which the topic holds no message any more that they could keep from being written twice: some
 * thousands at each look, and of a task that keeps none now (it had lanes before it was reset) once an hour.
 */
export async function forgetKeys(
  { database, now }: ForgetPorts,
  { name }: TaskEntry,
  { positions, retentionMs }: { readonly positions: TaskPositions; readonly retentionMs: number },
): Promise<void> {
  if (positions.keyedAt === undefined && minuteOf(now()) % HOUR_MS !== 0) {
    return;
  }
  const before = new Date(now() - retentionMs - MARGIN_MS).toISOString().slice(0, 10);
  await database.execute(FORGET_KEYS_SQL, [textParameter('task', name), textParameter('before', before)]);
}
