import { Buffer } from 'node:buffer';
import type { StreamRecord } from '../../../../local/engines.ts';

export const SOURCE = {
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/Events',
  shardId: 'shardId-000000000000',
  roleArn: 'arn:aws:iam::000000000000:role/Consumer',
};

/** A record of a shard; sequence numbers are as long as Kinesis's. */
export function record(index: number, options: Partial<StreamRecord> = {}): StreamRecord {
  return {
    sequenceNumber: `4966${String(index).padStart(52, '0')}`,
    partitionKey: `key-${index % 7}`,
    data: Buffer.from(`payload ${index}`),
    approximateArrivalTimestamp: 1_700_000_000_123 + index,
    ...options,
  };
}

export function records(count: number): readonly StreamRecord[] {
  return Array.from({ length: count }, (_, index) => record(index));
}
