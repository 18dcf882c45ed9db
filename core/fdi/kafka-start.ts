import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';

/** A partition of a Kafka task, as its positions name it. */
export interface KafkaPartition {
  readonly task: string;
  readonly epoch: number;
  readonly partition: string;
}

/** Where a partition's account begins is noted once. Of one that has a position already, as of a task from before there were accounts, it begins behind that. */
const NOTE_SQL = `INSERT INTO causeway.kafka_start (Task, Epoch, Shard, FirstOffset, Handled)
SELECT :task, :epoch, :shard, CASE WHEN COALESCE(p.Seq, '') = '' THEN :first ELSE CAST(p.Seq AS UNSIGNED) + 1 END,
  COALESCE(p.Written + p.Quarantined, 0)
FROM (SELECT 1 AS one) o LEFT JOIN causeway.position p ON p.Task = :task AND p.Epoch = :epoch AND p.Shard = :shard
ON DUPLICATE KEY UPDATE Shard = causeway.kafka_start.Shard`;

const LOOK_SQL = `SELECT s.Shard AS shard, s.FirstOffset AS firstoffset, s.Handled AS already, p.Seq AS seq, p.Written AS written,
  p.Quarantined AS quarantined
FROM causeway.kafka_start s JOIN causeway.position p ON p.Task = s.Task AND p.Epoch = s.Epoch AND p.Shard = s.Shard
WHERE s.Task = :task AND s.Epoch = :epoch`;

/** Before the first batch of a partition is written. @param first its first offset */
export async function noteKafkaStart(
  database: Pick<TaskDatabase, 'execute'>,
  { task, epoch, partition }: KafkaPartition,
  first: number,
): Promise<void> {
  await database.execute(NOTE_SQL, [
    textParameter('task', task),
    longParameter('epoch', epoch),
    textParameter('shard', partition),
    longParameter('first', first),
  ]);
}

/** How far a task is in one partition. */
export interface KafkaProgress {
  readonly partition: string;
  /** Offsets from where its account begins to its position: what the brokers gave to records that came there. */
  readonly passed: number;
  /** Records it has written or quarantined meanwhile. */
  readonly handled: number;
}

export async function kafkaProgress(
  database: Pick<TaskDatabase, 'execute'>,
  task: string,
  epoch: number,
): Promise<readonly KafkaProgress[]> {
  const own = [textParameter('task', task), longParameter('epoch', epoch)];
  const { rows } = await database.execute(LOOK_SQL, own, { json: true });

  return rows.map((row) => {
    const position = String(row['seq']);

    return {
      partition: String(row['shard']),
      passed: position === '' ? 0 : Number(position) - Number(row['firstoffset']) + 1,
      handled: Number(row['written']) + Number(row['quarantined']) - Number(row['already']),
    };
  });
}
