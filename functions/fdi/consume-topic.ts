import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { batchConsumer, type InvocationContext } from '../shared/batch-consumer.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { isReplay, type ReplayQuestion, type ReplayReply, replayConsumer } from '../shared/replay-consumer.ts';

const task = readDefinitions<TopicTask>();
const consume = batchConsumer(task, productModels());
const replay = replayConsumer(task, presentModels);

/**
 * Writes a batch of a topic's records into the task's table. Never throws for what the database does (that would send good records to
 * the failure store): it answers the first record that is not written, and Lambda comes again with it and all after it. Asked by the
 * management API, it replays what the task has in quarantine.
 */
export const handler = async (
  event: KinesisStreamEvent | ReplayQuestion,
  context: InvocationContext,
): Promise<KinesisStreamBatchResponse | ReplayReply> => {
  if (isReplay(event)) {
    return replay(event, context);
  }
  const batchItemFailures: KinesisStreamBatchResponse['batchItemFailures'] = [];
  for (const [shard, records] of byShard(event.Records)) {
    const unwritten = await consume(shard, records, context);
    if (unwritten !== undefined) {
      batchItemFailures.push({ itemIdentifier: unwritten });
    }
  }

  return { batchItemFailures };
};

/** Lambda never mixes shards in a batch; positions would be wrong if it did. */
function byShard(records: readonly KinesisStreamRecord[]): Map<string, KinesisStreamRecord[]> {
  return Map.groupBy(records, ({ eventID }) => eventID.slice(0, eventID.indexOf(':')));
}
