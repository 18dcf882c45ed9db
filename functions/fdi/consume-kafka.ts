import type { MSKEvent, SelfManagedKafkaEvent } from 'aws-lambda';
import { type KafkaTask, kafkaStreamRecord } from '../../core/fdi/kafka-record.ts';
import { batchConsumer, type InvocationContext } from '../shared/batch-consumer.ts';
import {
  type ConsumerAnswer,
  type ConsumerQuestion,
  consumerQuestions,
  isQuestion,
} from '../shared/consumer-questions.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { type SampleMessage, TRIAL_TRACE } from '../shared/trial-consumer.ts';

/** Ref: lambda/latest/dg/kafka-retry-configurations */
export interface KafkaBatchResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

type KafkaEvent = Pick<MSKEvent, 'records'> | Pick<SelfManagedKafkaEvent, 'records'>;
type Failure = KafkaBatchResponse['batchItemFailures'][number];

const task = readDefinitions<KafkaTask>();
const consume = batchConsumer(task);
const answer = consumerQuestions(task, sampleRecord);

/**
 * Writes a batch of a Kafka topic's records into the task's table, partition by partition, each with a position of its own. What the
 * database would not take comes again: from the first record on that is not written, where Lambda knows such an answer, else the whole batch,
 * whose written records stay as they are. Lambda has neither a limit of retries nor a place for records it would give up.
 */
export const handler = async (
  event: KafkaEvent | ConsumerQuestion,
  context: InvocationContext,
): Promise<KafkaBatchResponse | ConsumerAnswer> => {
  if (isQuestion(event)) {
    return answer(event, context);
  }
  const answers = await Promise.all(
    Object.entries(event.records).map(async ([partition, records]): Promise<Failure | undefined> => {
      const unwritten = await consume(partition, records.map(kafkaStreamRecord), context);

      return unwritten === undefined ? undefined : { itemIdentifier: { partition, offset: Number(unwritten) } };
    }),
  );
  const batchItemFailures = answers.filter((answer) => answer !== undefined);
  if (batchItemFailures.length > 0 && task.answers === 'batches') {
    throw new BatchNotWritten(batchItemFailures);
  }

  return { batchItemFailures };
};

/** Lambda's way of sending a batch again where it knows no answer for a part of one. */
class BatchNotWritten extends Error {
  override readonly name = 'BatchNotWritten';

  constructor(failures: readonly Failure[]) {
    const places = failures.map(({ itemIdentifier }) => `${itemIdentifier.partition} at ${itemIdentifier.offset}`);
    super(`Not written: ${places.join(', ')}. The batch comes again; the lines before this one say why.`);
  }
}

function sampleRecord({ payload, key, eventTime }: SampleMessage) {
  return kafkaStreamRecord({
    ...{ topic: TRIAL_TRACE, partition: 0, offset: 0, timestamp: eventTime ?? Date.now(), value: payload },
    ...(key !== undefined && { key: Buffer.from(key).toString('base64') }),
  });
}
