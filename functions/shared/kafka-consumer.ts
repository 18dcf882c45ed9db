import type { MSKEvent, SelfManagedKafkaEvent } from 'aws-lambda';
import { type KafkaTask, kafkaStreamRecord } from '../../core/fdi/kafka-record.ts';
import type { StreamRecord } from '../../core/fdi/row.ts';
import type { ConsumeShard, InvocationContext } from './batch-consumer.ts';
import { type ConsumerAnswer, type ConsumerQuestion, isQuestion } from './consumer-questions.ts';
import { type SampleMessage, TRIAL_TRACE } from './trial-consumer.ts';

/** Ref: lambda/latest/dg/kafka-retry-configurations */
export interface KafkaBatchResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

type KafkaEvent = Pick<MSKEvent, 'records'> | Pick<SelfManagedKafkaEvent, 'records'>;
type Failure = KafkaBatchResponse['batchItemFailures'][number];

/**
 * The function of a task that reads a Kafka topic: partition by partition, each with a position of its own. What the database would not take
 * comes again: from the first record on that is not written, where Lambda knows such an answer, else the whole batch, whose written records
 * stay as they are. Lambda has neither a limit of retries nor a place for records it would give up.
 */
export function kafkaConsumer(
  { answers }: Pick<KafkaTask, 'answers'>,
  consume: ConsumeShard,
  answer: (question: ConsumerQuestion, context: InvocationContext) => Promise<ConsumerAnswer>,
) {
  return async (
    event: KafkaEvent | ConsumerQuestion,
    context: InvocationContext,
  ): Promise<KafkaBatchResponse | ConsumerAnswer> => {
    if (isQuestion(event)) {
      return answer(event, context);
    }
    const failures = await Promise.all(
      Object.entries(event.records).map(async ([partition, records]): Promise<Failure | undefined> => {
        const unwritten = await consume(partition, records.map(kafkaStreamRecord), context);

        return unwritten === undefined ? undefined : { itemIdentifier: { partition, offset: Number(unwritten) } };
      }),
    );
    const batchItemFailures = failures.filter((failure) => failure !== undefined);
    if (batchItemFailures.length > 0 && answers === 'batches') {
      throw new BatchNotWritten(batchItemFailures);
    }

    return { batchItemFailures };
  };
}

/** Lambda's way of sending a batch again where it knows no answer for a part of one. */
class BatchNotWritten extends Error {
  override readonly name = 'BatchNotWritten';

  constructor(failures: readonly Failure[]) {
    const places = failures.map(({ itemIdentifier }) => `${itemIdentifier.partition} at ${itemIdentifier.offset}`);
    super(`Not written: ${places.join(', ')}. The batch comes again; the lines before this one say why.`);
  }
}

/** As the poller would hand it over. */
export function kafkaSample({ payload, key, eventTime }: SampleMessage): StreamRecord {
  return kafkaStreamRecord({
    ...{ topic: TRIAL_TRACE, partition: 0, offset: 0, timestamp: eventTime ?? Date.now(), value: payload },
    ...(key !== undefined && { key: Buffer.from(key).toString('base64') }),
  });
}
