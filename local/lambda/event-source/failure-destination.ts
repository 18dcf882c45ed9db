import { randomUUID } from 'node:crypto';
import type { Engines, StreamRecord } from '../../engines.ts';
import { type EventSource, kinesisEvent } from './kinesis-event.ts';

export interface Discarded {
  readonly source: EventSource;
  readonly records: readonly StreamRecord[];
  readonly mapping: { readonly uuid: string; readonly functionArn: string };
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly attempts: number;
}

/**
 * Writes what nobody could process to the mapping's bucket, with the whole event, acting with the function's role.
 * Ref: lambda/latest/dg/kinesis-on-failure-destination
 */
export async function keepDiscarded(engines: Engines, bucketArn: string, discarded: Discarded): Promise<void> {
  const bucket = bucketArn.slice(bucketArn.lastIndexOf(':') + 1);
  const { source, mapping } = discarded;
  const now = new Date().toISOString();
  const [day = '', time = ''] = now.split('T');
  const file = `${day}T${time.slice(0, 8).replaceAll(':', '.')}-${randomUUID()}`;
  const key = `aws/lambda/${mapping.uuid}/${source.shardId}/${day.replaceAll('-', '/')}/${file}`;
  engines.iam.authorize(source.roleArn, 's3:PutObject', `${bucketArn}/${key}`);
  await engines.store.put(bucket, key, JSON.stringify(invocationRecord(discarded, now)));
}

function invocationRecord({ source, records, mapping, condition, attempts }: Discarded, timestamp: string): unknown {
  const first = records[0] as StreamRecord;
  const last = records.at(-1) as StreamRecord;

  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: mapping.functionArn,
      condition,
      approximateInvokeCount: attempts,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp,
    KinesisBatchInfo: {
      shardId: source.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(first.approximateArrivalTimestamp).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.approximateArrivalTimestamp).toISOString(),
      batchSize: records.length,
      streamArn: source.streamArn,
    },
    payload: JSON.stringify(kinesisEvent(source, records)),
  };
}
