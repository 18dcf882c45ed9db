import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { StreamRecord } from '../../core/fdi/row.ts';
import type { Envelope } from '../../core/mqs/envelope.ts';
import type { ConsumeShard, InvocationContext } from './batch-consumer.ts';
import { type ConsumerAnswer, type ConsumerQuestion, isQuestion } from './consumer-questions.ts';
import { type SampleMessage, TRIAL_TRACE } from './trial-consumer.ts';

/**
 * The function of a task that reads a topic of ours. Never throws for what a database does (that would send good records to the failure
 * store): it answers the first record that is not written, and Lambda comes again with it and all after it. Asked by the management API, it
 * replays what the task has in quarantine, or shows what would become of a message.
 */
export function topicConsumer(
  consume: ConsumeShard,
  answer: (question: ConsumerQuestion, context: InvocationContext) => Promise<ConsumerAnswer>,
) {
  return async (
    event: KinesisStreamEvent | ConsumerQuestion,
    context: InvocationContext,
  ): Promise<KinesisStreamBatchResponse | ConsumerAnswer> => {
    if (isQuestion(event)) {
      return answer(event, context);
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
}

/** Lambda never mixes shards in a batch; positions would be wrong if it did. */
function byShard(records: readonly KinesisStreamRecord[]): ReadonlyMap<string, readonly KinesisStreamRecord[]> {
  const [first] = records;
  const shard = first === undefined ? '' : shardOf(first);
  if (
    first !== undefined &&
    records.every(({ eventID }) => eventID.startsWith(shard) && eventID[shard.length] === ':')
  ) {
    return new Map([[shard, records]]);
  }

  return Map.groupBy(records, shardOf);
}

function shardOf({ eventID }: KinesisStreamRecord): string {
  return eventID.slice(0, eventID.indexOf(':'));
}

/** As a rule would write it. */
export function topicSample({
  payload,
  productId = '',
  deviceId = '',
  clientId = '',
  eventTime,
}: SampleMessage): StreamRecord {
  const envelope: Envelope = {
    ...{ raw: payload, productId, deviceId, clientId },
    ...{ eventTime: eventTime ?? Date.now(), traceId: TRIAL_TRACE },
  };
  const data = Buffer.from(JSON.stringify(envelope)).toString('base64');

  return { kinesis: { data, sequenceNumber: '0', partitionKey: deviceId } };
}
