import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { REGION } from '../../account.ts';
import type { TableChange } from '../../dynamodb/change-stream.ts';
import { tableOfStream } from '../../dynamodb/table-stream.ts';
import type { StreamRecord } from '../../engines.ts';
import { LIMITS } from '../limits.ts';

/** Where a record comes from and whom it is read for. */
export interface EventSource {
  readonly streamArn: string;
  /** With enhanced fan-out; then the events name it in place of the stream. */
  readonly consumerArn?: string;
  readonly shardId: string;
  /** The function's role, which reads the stream. */
  readonly roleArn: string;
}

/** The event of a batch of a stream of Kinesis or a table, member for member as Lambda sends it. Ref: lambda/latest/dg/with-kinesis#services-kinesis-event-example */
export function kinesisEvent(source: EventSource, records: readonly StreamRecord[]): unknown {
  const isTable = tableOfStream(source.streamArn) !== undefined;

  return {
    Records: records.map((record) =>
      isTable ? changeRecord(source, record) : eventRecord(source, record, record.data.toString('base64')),
    ),
  };
}

/**
 * How many of the records, from the first on, fit into one event: no more than `batchSize`, no more than 6 MB, at
 * least one.
 */
export function batchLength(source: EventSource, records: readonly StreamRecord[], batchSize: number): number {
  let bytes = 0;
  const limit = Math.min(batchSize, records.length);
  for (let index = 0; index < limit; index += 1) {
    bytes += recordBytes(source, records[index] as StreamRecord);
    if (bytes > LIMITS.batchBytes) return Math.max(1, index);
  }
  return limit;
}

/** Ref: lambda/latest/dg/with-ddb#services-ddb-eventsourcemapping, the event of a change; sizes are those of its images. */
function changeRecord({ streamArn }: EventSource, record: StreamRecord): unknown {
  const { eventName, keys, oldImage, newImage } = JSON.parse(record.data.toString('utf8')) as TableChange;

  return {
    eventID: createHash('md5').update(record.sequenceNumber).digest('hex'),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(record.approximateArrivalTimestamp / 1000),
      Keys: keys,
      ...(newImage !== undefined && { NewImage: newImage }),
      ...(oldImage !== undefined && { OldImage: oldImage }),
      SequenceNumber: record.sequenceNumber,
      SizeBytes: record.data.length,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: streamArn,
  };
}

/** Bytes of a record in the event, with the comma after it. */
function recordBytes(source: EventSource, record: StreamRecord): number {
  const frame = Buffer.byteLength(JSON.stringify(eventRecord(source, record, '')));

  return frame + Math.ceil(record.data.length / 3) * 4 + 1;
}

function eventRecord(
  { streamArn, consumerArn, shardId, roleArn }: EventSource,
  record: StreamRecord,
  data: string,
): unknown {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data,
      approximateArrivalTimestamp: record.approximateArrivalTimestamp / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: roleArn,
    awsRegion: REGION,
    eventSourceARN: consumerArn ?? streamArn,
  };
}
