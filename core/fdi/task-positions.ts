import { isoTime } from './database-time.ts';
import { epochOf } from './epoch.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';

/** How far a task is, over all shards of its present epoch. */
export interface TaskPositions {
  /** The last record handled, by shard; padded to 64 digits, '' for none. */
  readonly sequences: ReadonlyMap<string, string>;
  /** The same, with how many it has written and quarantined. */
  readonly shards: ReadonlyMap<string, { readonly sequence: string; readonly handled: number }>;
  readonly written: number;
  readonly quarantined: number;
  /** Written and quarantined. */
  readonly handled: number;
  /** Of its first batch, milliseconds since the epoch. */
  readonly startedAt: number | undefined;
}

const POSITIONS_SQL = `SELECT Shard AS shard, Seq AS seq, Written AS written, Quarantined AS quarantined,
  CAST(StartedAt AS CHAR) AS startedAt
FROM causeway.position WHERE Task = :task AND Epoch = :epoch`;

export async function taskPositions(database: Pick<TaskDatabase, 'execute'>, task: TaskEntry): Promise<TaskPositions> {
  const parameters = [textParameter('task', task.name), longParameter('epoch', taskEpoch(task))];
  const { rows } = await database.execute(POSITIONS_SQL, parameters, { json: true });
  const sum = (field: string) => rows.reduce((total, row) => total + Number(row[field]), 0);
  const [written, quarantined] = [sum('written'), sum('quarantined')];
  const starts = rows.map((row) => Date.parse(isoTime(row['startedAt'])));

  return {
    sequences: new Map(rows.map((row) => [String(row['shard']), String(row['seq'])])),
    shards: new Map(
      rows.map((row) => [
        String(row['shard']),
        { sequence: String(row['seq']), handled: Number(row['written']) + Number(row['quarantined']) },
      ]),
    ),
    written,
    quarantined,
    handled: written + quarantined,
    startedAt: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

/** The epoch a task writes in now. */
export function taskEpoch({ settings, epoch }: TaskEntry): number {
  return epoch ?? epochOf(settings?.functionArn ?? '');
}
