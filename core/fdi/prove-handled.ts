import { keyName } from './key-claim.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TopicPlace, TopicReader, TopicRecord } from './topic-reader.ts';

export interface ProofPorts {
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
  readonly database: Pick<TaskDatabase, 'execute'>;
}

export interface Proof {
  readonly task: string;
  readonly epoch: number;
  readonly streamArn: string;
  readonly from: TopicPlace;
  /** Milliseconds since the epoch, exclusive. */
  readonly before: number;
}

/** A request of the Data API takes 4 MiB; a key with its last record is some 95 bytes. */
const PAGE = 10_000;
/** Of each shard: more than one takes in two minutes. Beyond, looking gives way to the consumers, and the topic's retention will tell. */
const MOST = 120_000;

/** How many of these records, `[key, sequence number]` each, are behind the position of their key and of their shard. */
const BEHIND_SQL = `SELECT COUNT(*) AS behind
FROM JSON_TABLE(:records, '$[*]' COLUMNS(k CHAR(22) PATH '$[0]' ERROR ON ERROR, s CHAR(64) PATH '$[1]' ERROR ON ERROR)) j
LEFT JOIN causeway.position p ON p.Task = :task AND p.Epoch = :epoch AND p.Shard = :shard AND p.Seq >= j.s
LEFT JOIN causeway.key_position k ON k.Task = :task AND k.Epoch = :epoch AND k.Shard = :shard
  AND k.PartitionKey = CONVERT(j.k USING ascii) COLLATE ascii_bin AND k.Seq >= j.s
WHERE p.Seq IS NULL AND k.Seq IS NULL`;

/**
 * With positions per key: whether everything that arrived in a time that is over is handled. Reads it in the topic, up to the first page with a
 * record that is not, and holds it against the positions.
 */
export async function everythingHandled(ports: ProofPorts, proof: Proof): Promise<boolean> {
  for (const shard of await ports.topics.shards(proof.streamArn)) {
    if (!(await shardHandled(ports, proof, shard))) {
      return false;
    }
  }

  return true;
}

async function shardHandled({ topics, database }: ProofPorts, proof: Proof, shard: string): Promise<boolean> {
  const { task, epoch, streamArn, from, before } = proof;
  let count = 0;
  for await (const page of topics.pages(streamArn, shard, from, PAGE)) {
    const within = page.filter(({ arrivedAt }) => arrivedAt < before);
    count += within.length;
    if (count > MOST) {
      return false;
    }
    if (within.length > 0) {
      const { rows } = await database.execute(
        BEHIND_SQL,
        [
          textParameter('task', task),
          longParameter('epoch', epoch),
          textParameter('shard', shard),
          textParameter('records', JSON.stringify([...lastOfEach(within)])),
        ],
        { json: true },
      );
      if (Number(rows[0]?.['behind'] ?? 1) > 0) {
        return false;
      }
    }
    if (within.length < page.length) {
      return true;
    }
  }

  return true;
}

/** A lane keeps the order of a key: with its last record all before are handled. */
function lastOfEach(records: readonly TopicRecord[]): Map<string, string> {
  return new Map(records.map(({ partitionKey = '', sequence }) => [keyName(partitionKey), sequence]));
}
