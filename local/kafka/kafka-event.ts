import { Buffer } from 'node:buffer';
import { LIMITS } from '../lambda/limits.ts';
import type { KafkaSource } from './kafka-source.ts';

/** A record as it was read. */
export interface KafkaRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** The event of a batch, member for member as Lambda sends it. Ref: lambda/latest/dg/with-kafka#smaa-sample-event */
export function kafkaEvent({ topic, brokers }: KafkaSource, batch: readonly KafkaRecord[]): unknown {
  const records: Record<string, unknown[]> = {};
  for (const record of batch) {
    const partition = partitionName(topic, record.partition);
    records[partition] ??= [];
    records[partition].push(eventRecord(topic, record));
  }

  return { eventSource: 'SelfManagedKafka', bootstrapServers: brokers.join(','), records };
}

export function partitionName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Bytes of a record in the event, a little more than it takes. */
export function recordBytes(topic: string, { key, value, headers }: KafkaRecord): number {
  const base64 = (bytes: Buffer | null) => Math.ceil((bytes?.length ?? 0) / 3) * 4;
  // A header is an array of numbers.
  const header = headers.reduce((sum, [name, bytes]) => sum + Buffer.byteLength(name) + bytes.length * 4 + 10, 0);

  return 160 + topic.length + base64(key) + base64(value) + header;
}

export const MAX_EVENT_BYTES = LIMITS.batchBytes;

function eventRecord(topic: string, { partition, offset, timestamp, key, value, headers }: KafkaRecord): unknown {
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: 'CREATE_TIME',
    ...(key !== null && { key: key.toString('base64') }),
    ...(value !== null && { value: value.toString('base64') }),
    headers: headers.map(([name, bytes]) => ({ [name]: [...bytes] })),
  };
}
