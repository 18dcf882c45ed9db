import { databaseFault } from './database-fault.ts';
import { COUNTING_LANES, KEYED_ROWS_SQL, OPEN_KEYED_SQL } from './key-position.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskEpoch } from './task-positions.ts';
import type { TopicReader } from './topic-reader.ts';

export interface LanePorts {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards'>;
}

/** The database waits for a lock itself, for five seconds; who was killed holding one has a successor by then. */
const ATTEMPTS = 8;

/** Makes a shard one with positions per key, unless it is. @param own task, epoch and shard */
export async function openKeyed(database: LanePorts['database'], own: readonly Parameter[]): Promise<void> {
  const { rows } = await database.execute(KEYED_ROWS_SQL, own, { json: true });
  if (Number(rows[0]?.['found'] ?? 0) < 1 + COUNTING_LANES) {
    await database.execute(OPEN_KEYED_SQL, own);
  }
}

/**
 * Makes the shards of a task with several lanes ones with positions per key, before any lane reads them: a task that goes back to one lane
 * before it has written anything would take a position of the whole shard, and pass over what a late batch of the lanes brings. A shard that
 * is added later goes by the others: a consumer looks at all of its task's.
 *
 * @param task as it is going to read
 */
export async function openLanes({ database, topics }: LanePorts, task: TaskEntry): Promise<void> {
  const { settings, delivery } = task;
  if (settings === undefined || (settings.parallelization ?? 1) === 1 || delivery === 'at-least-once') {
    return;
  }
  for (const shard of await topics.shards(settings.streamArn)) {
    const own = [
      textParameter('task', task.name),
      longParameter('epoch', taskEpoch(task)),
      textParameter('shard', shard),
    ];
    await openPatiently(database, own);
  }
}

async function openPatiently(database: LanePorts['database'], own: readonly Parameter[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await openKeyed(database, own);

      return;
    } catch (error) {
      const { kind } = databaseFault(error);
      if (attempt === ATTEMPTS || (kind !== 'lock' && kind !== 'deadlock')) {
        throw error;
      }
    }
  }
}
