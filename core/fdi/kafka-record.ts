import { Buffer } from 'node:buffer';
import type { StreamRecord } from './row.ts';
import type { TopicTask } from './topic-task.ts';

/** A task from a Kafka topic: what its consumer needs to know and the template says. */
export interface KafkaTask extends TopicTask {
  /** Whether Lambda is told what of a batch is not written, or gets the whole batch back; as `KafkaFeed.pollers`. */
  readonly answers: 'parts' | 'batches';
}

/** A record as Lambda hands it over; key and value in base64. Ref: lambda/latest/dg/with-kafka */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch, by the producer's clock or the broker's. */
  readonly timestamp: number;
  readonly key?: string | null;
  /** Null or missing in a record that only deletes its key. */
  readonly value?: string | null;
}

/** What the row and every log line of a record can be found by. */
function kafkaTraceId({ topic, partition, offset }: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}-${offset}`;
}

/** The record as tasks read it: its offset for a sequence number, its value for the payload, its time for the event's. */
export function kafkaStreamRecord(record: KafkaRecord): StreamRecord {
  const { value, key, offset, timestamp } = record;
  const raw = value ?? '';

  return {
    kinesis: {
      data: raw,
      sequenceNumber: String(offset),
      partitionKey: key === undefined || key === null ? '' : Buffer.from(key, 'base64').toString('utf8'),
    },
    envelope:
      value === undefined || value === null
        ? 'the record has no value: it marks its key as deleted'
        : { raw, productId: '', deviceId: '', clientId: '', eventTime: timestamp, traceId: kafkaTraceId(record) },
  };
}
