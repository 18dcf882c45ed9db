import { isoTime } from './database-time.ts';
import { epochOf } from './epoch.ts';
import { shardOf } from './key-position.ts';
import { MINUTE_MS } from './ledger.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';

/** How far a task is, over all shards of its present epoch. */
export interface TaskPositions {
  /** The last record handled, by shard; padded to 64 digits, '' for none. With positions per key others before it may not be handled. */
  readonly sequences: ReadonlyMap<string, string>;
  /** The same, with how many it has written and quarantined. */
  readonly shards: ReadonlyMap<string, { readonly sequence: string; readonly handled: number }>;
  readonly written: number;
  readonly quarantined: number;
  /** Written and quarantined. */
  readonly handled: number;
  /** Of its first batch, milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  /** Where positions are kept per key: since when in every shard that has one, milliseconds since the epoch. */
  readonly keyedAt?: number;
  /** With positions per key: how many of the records that arrived at a whole minute or later are handled; of the last minutes only. */
  handledSince(minute: number): number;
}

const POSITIONS_SQL = `SELECT Shard AS shard, Seq AS seq, Written AS written, Quarantined AS quarantined,
  CAST(StartedAt AS CHAR) AS startedAt, CAST(KeyedAt AS CHAR) AS keyedAt,
  Minute AS minute, InMinute AS inMinute, InMinuteBefore AS inMinuteBefore
FROM causeway.position WHERE Task = :task AND Epoch = :epoch`;

export async function taskPositions(database: Pick<TaskDatabase, 'execute'>, task: TaskEntry): Promise<TaskPositions> {
  const parameters = [textParameter('task', task.name), longParameter('epoch', taskEpoch(task))];
  const { rows } = await database.execute(POSITIONS_SQL, parameters, { json: true });
  const sum = (field: string) => rows.reduce((total, row) => total + Number(row[field]), 0);
  const [written, quarantined] = [sum('written'), sum('quarantined')];
  const starts = rows.map((row) => Date.parse(isoTime(row['startedAt'])));
  const shards = byShard(rows);
  const keyed = rows.filter((row) => typeof row['keyedAt'] === 'string');

  return {
    sequences: new Map([...shards].map(([shard, { sequence }]) => [shard, sequence])),
    shards,
    written,
    quarantined,
    handled: written + quarantined,
    startedAt: starts.length === 0 ? undefined : Math.min(...starts),
    ...(keyed.length > 0 && {
      keyedAt: Math.max(...keyed.map((row) => Date.parse(isoTime(row['keyedAt'])))),
    }),
    handledSince: (minute) => rows.reduce((total, row) => total + sinceMinute(row, minute / MINUTE_MS), 0),
  };
}

type PositionRow = Readonly<Record<string, unknown>>;

/** With the rows in which a shard's lanes count. */
function byShard(rows: readonly PositionRow[]): Map<string, { readonly sequence: string; readonly handled: number }> {
  const shards = new Map<string, { readonly sequence: string; readonly handled: number }>();
  for (const row of rows) {
    const shard = shardOf(String(row['shard']));
    const { sequence, handled } = shards.get(shard) ?? { sequence: '', handled: 0 };
    const own = String(row['seq']);
    shards.set(shard, {
      sequence: [own, sequence].toSorted().at(-1) ?? '',
      handled: handled + Number(row['written']) + Number(row['quarantined']),
    });
  }

  return shards;
}

function sinceMinute({ minute, inMinute, inMinuteBefore }: PositionRow, from: number): number {
  const newest = Number(minute ?? 0);

  return (newest >= from ? Number(inMinute) : 0) + (newest - 1 >= from ? Number(inMinuteBefore) : 0);
}

/** The epoch a task writes in now. */
export function taskEpoch({ settings, epoch }: TaskEntry): number {
  return epoch ?? epochOf(settings?.functionArn ?? '');
}
