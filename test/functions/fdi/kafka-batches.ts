import { Buffer } from 'node:buffer';
import type { KafkaRecord, KafkaTask } from '../../../core/fdi/kafka-record.ts';
import { HISTORY_TASK } from './parking.ts';
import { FIRST_TIME } from './records.ts';

/** From the Kafka topic `rows` into `ParkingHistory`, which hides nothing that is written twice. */
export const KAFKA_TASK: KafkaTask = {
  ...HISTORY_TASK,
  name: 'KafkaHistory',
  source: {
    ...HISTORY_TASK.source,
    topic: 'rows',
    deviceInfo: false,
    metadata: [
      { alias: 'deviceId', type: 'string', path: 'id' },
      { alias: 'status', type: 'string', path: 'a.b' },
    ],
  },
  answers: 'parts',
};

export interface RecordParts {
  readonly partition?: number;
  readonly offset: number;
  /** Text as it is, `null` for a record without a value, anything else as JSON. */
  readonly value?: unknown;
  readonly key?: string;
}

/** A record as Lambda hands it over; without a value one that is written. */
export function kafkaRecord({ partition = 0, offset, value = good(partition, offset), key }: RecordParts): KafkaRecord {
  const text = typeof value === 'string' ? value : JSON.stringify(value);

  return {
    topic: 'rows',
    partition,
    offset,
    timestamp: FIRST_TIME + offset,
    ...(key !== undefined && { key: Buffer.from(key).toString('base64') }),
    ...(value !== null && { value: Buffer.from(text).toString('base64') }),
  };
}

/** The event of a batch of any partitions. */
export function kafkaEvent(records: readonly KafkaRecord[]) {
  const byPartition = Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`);

  return { eventSource: 'SelfManagedKafka', bootstrapServers: 'kafka:9092', records: Object.fromEntries(byPartition) };
}

function good(partition: number, offset: number) {
  return { id: `P-${partition}`, a: { b: String(offset), c: 'not mapped' } };
}
