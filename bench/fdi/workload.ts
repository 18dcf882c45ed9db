import { Buffer } from 'node:buffer';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { ProductDescription } from '../../core/link/product.ts';
import { property } from '../../core/link/thing-model.ts';

/** The parking lot's history: one row a message, filled as `integrations/parking` fills it. */
export const TABLE = 'ParkingHistory';

export const TABLE_SQL = `CREATE TABLE ${TABLE} (
  Id        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  DeviceId  VARCHAR(64) NOT NULL,
  Status    VARCHAR(16) NOT NULL,
  EventTime DATETIME(3) NOT NULL,
  BatchNo   VARCHAR(32) NOT NULL,
  WrittenAt DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (Id),
  KEY BySpace (DeviceId, EventTime),
  KEY ByTime (EventTime)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

export const COLUMNS = ['DeviceId', 'Status', 'EventTime', 'BatchNo'] as const;

export const TASK: TopicTask = {
  name: 'ParkingHistory',
  source: {
    topic: 'ParkingEvents',
    parse: true,
    dataType: 'JSON',
    timeZone: 'GMT+8',
    base64: false,
    deviceInfo: true,
    metadata: [
      { alias: 'DeviceId', type: 'string', path: 'data.deviceId' },
      { alias: 'Status', type: 'string', path: 'data.status' },
    ],
  },
  target: { table: TABLE, write: 'insert', keys: [], eventTimeColumn: 'EventTime', batchNumberColumn: 'BatchNo' },
  mapping: 'by-name',
  delivery: 'effectively-once',
};

/** The product of the sensors, its model enforced as `integrations/parking` has it. */
export const PRODUCT_ID = 'ParkingSensor7aANi9569518';

export const MODEL: Pick<ProductDescription, 'thingModel' | 'enforcement'> = {
  thingModel: {
    ParkingStatus: {
      deviceId: property.string({ maxLength: 64 }),
      status: property.string({ maxLength: 16, enum: ['0', '1'] }),
    },
  },
  enforcement: 'enforce',
};

const SENSORS = 100;
const FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095n;
const FIRST_TIME = Date.UTC(2026, 10, 1);
/** Five messages a second from each of 100 sensors. */
const INTERVAL_MS = 2;

/** Row `n` of the workload, as text. */
export function row(n: number): [deviceId: string, status: string, eventTime: string, batchNumber: string] {
  return [sensor(n), String(n % 2), databaseTime(n), 'b0000000000000e'];
}

/** Records `from` to `from + count` as Lambda hands them to a consumer. */
export function event(from: number, count: number): KinesisStreamEvent {
  return { Records: Array.from({ length: count }, (_, at) => record(from + at)) };
}

/** The same records, the payload of the first one no JSON. */
export function spoilt({ Records: [first, ...others] }: KinesisStreamEvent): KinesisStreamEvent {
  const { kinesis, ...rest } = first as KinesisStreamRecord;
  const envelope = { ...JSON.parse(Buffer.from(kinesis.data, 'base64').toString()), raw: 'bm8gSlNPTg==' };
  const data = Buffer.from(JSON.stringify(envelope)).toString('base64');

  return { Records: [{ ...rest, kinesis: { ...kinesis, data } }, ...others] };
}

function record(n: number): KinesisStreamRecord {
  const sequenceNumber = String(FIRST_SEQUENCE + BigInt(n));

  return {
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/ParkingEvents',
    awsRegion: 'us-east-1',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/ParkingHistoryConsumer',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: sensor(n),
      sequenceNumber,
      approximateArrivalTimestamp: time(n) / 1000,
      data: Buffer.from(JSON.stringify(envelope(n))).toString('base64'),
    },
  };
}

/** What the forwarding rule makes of a sensor's message. */
function envelope(n: number): Readonly<Record<string, unknown>> {
  const payload = JSON.stringify({ deviceId: sensor(n), status: String(n % 2) });

  return {
    raw: Buffer.from(payload).toString('base64'),
    productId: PRODUCT_ID,
    deviceId: sensor(n),
    clientId: `d${String(n % SENSORS).padStart(20, '0')}`,
    eventTime: time(n),
    traceId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  };
}

function sensor(n: number): string {
  return `S-${String(n % SENSORS).padStart(3, '0')}`;
}

function time(n: number): number {
  return FIRST_TIME + n * INTERVAL_MS;
}

function databaseTime(n: number): string {
  return new Date(time(n)).toISOString().slice(0, 23).replace('T', ' ');
}
