import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { Envelope } from '../../core/mqs/envelope.ts';
import { batchConsumer, type InvocationContext } from '../shared/batch-consumer.ts';
import {
  type ConsumerAnswer,
  type ConsumerQuestion,
  consumerQuestions,
  isQuestion,
} from '../shared/consumer-questions.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { type SampleMessage, TRIAL_TRACE } from '../shared/trial-consumer.ts';

const task = readDefinitions<TopicTask>();
const consume = batchConsumer(task, productModels());
const answer = consumerQuestions(task, sampleRecord, presentModels);

/**
 * Writes a batch of a topic's records into the task's table. Never throws for what the database does (that would send good records to
 * the failure store): it answers the first record that is not written, and Lambda comes again with it and all after it. Asked by the
 * management API, it replays what the task has in quarantine, or shows what would become of a message.
 */
export const handler = async (
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

/** Lambda never mixes shards in a batch; positions would be wrong if it did. */
function byShard(records: readonly KinesisStreamRecord[]): Map<string, KinesisStreamRecord[]> {
  return Map.groupBy(records, ({ eventID }) => eventID.slice(0, eventID.indexOf(':')));
}

/** As a rule would write it. */
function sampleRecord({ payload, productId = '', deviceId = '', clientId = '', eventTime }: SampleMessage) {
  const envelope: Envelope = {
    ...{ raw: payload, productId, deviceId, clientId },
    ...{ eventTime: eventTime ?? Date.now(), traceId: TRIAL_TRACE },
  };
  const data = Buffer.from(JSON.stringify(envelope)).toString('base64');

  return { kinesis: { data, sequenceNumber: '0', partitionKey: deviceId } };
}
