import type { KinesisStreamRecord } from 'aws-lambda';

/** A message as its sensor sent it, and what its rule adds. */
export interface Message {
  /** Sequence number. */
  readonly n: number;
  /** Sent as JSON; text and bytes as they are. */
  readonly payload: unknown;
  readonly eventTime?: number;
  readonly productId?: string;
}

export const SHARD = 'shardId-000000000000';
/** Id of the product whose sensors send. */
export const PRODUCT = 'ParkingSensor1';
export const FIRST_TIME = Date.UTC(2026, 10, 1, 8);

/** A record as Lambda hands it over, with the envelope of a forwarding rule. */
export function record({ n, payload, eventTime = FIRST_TIME + n, productId = PRODUCT }: Message): KinesisStreamRecord {
  const envelope = {
    raw: bytesOf(payload).toString('base64'),
    productId,
    deviceId: 'S-001',
    clientId: 'd0123456789abcdef0123',
    eventTime,
    traceId: `trace-${n}`,
  };

  return bareRecord(n, JSON.stringify(envelope));
}

/** A record with these bytes, whatever they are. */
export function bareRecord(n: number, data: string): KinesisStreamRecord {
  return {
    eventID: `${SHARD}:${n}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/ParkingEvents',
    awsRegion: 'us-east-1',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/Consumer',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'S-001',
      sequenceNumber: String(n),
      approximateArrivalTimestamp: 1_793_520_000,
      data: Buffer.from(data).toString('base64'),
    },
  };
}

function bytesOf(payload: unknown): Buffer {
  if (Buffer.isBuffer(payload)) {
    return payload;
  }

  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
