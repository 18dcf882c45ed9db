import type { Admin } from 'kafkajs';
import type { Mapping } from '../lambda/event-source/mapping.ts';
import type { KafkaSource } from './kafka-source.ts';

/** Where a partition is begun for which the group has committed nothing. */
export type StartOffsets = ReadonlyMap<number, number>;

/**
 * What a mapping's starting position means for the partitions there are. Those without an entry go on where their group was, or are begun at
 * their oldest record, as those are that the topic gets later.
 */
export async function startOffsets(
  admin: Admin,
  { topic, group }: Pick<KafkaSource, 'topic' | 'group'>,
  { startingPosition, startingTimestamp }: Pick<Mapping, 'startingPosition' | 'startingTimestamp'>,
): Promise<StartOffsets> {
  if (startingPosition === 'TRIM_HORIZON' || startingTimestamp === undefined) return new Map();
  const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const unread = (committed?.partitions ?? []).filter(({ offset }) => Number(offset) < 0);
  if (unread.length === 0) return new Map();
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic, startingTimestamp);

  return new Map(
    starts
      .filter((start) => unread.some(({ partition }) => partition === start.partition))
      .map(({ partition, offset }) => [partition, Number(offset)]),
  );
}
