import { Buffer, isUtf8 } from 'node:buffer';
import { decodeEnvelope, payloadOf } from './envelope.ts';

/** A record of a topic as its stream answers it. */
export interface TopicRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Milliseconds since 1970, when the stream took it. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
}

/** A message as people look at it. */
export interface TopicMessage {
  /** The shard. */
  readonly partition: string;
  readonly sequenceNumber: string;
  readonly key: string;
  /** ISO 8601, UTC: when the topic took it. */
  readonly arrivedAt: string;
  /** Bytes of the payload. */
  readonly size: number;
  /** What the envelope says; absent where the record is none. */
  readonly product?: string;
  readonly device?: string;
  readonly clientId?: string;
  /** The app that produced it; then there is no device. */
  readonly app?: string;
  /** ISO 8601, UTC: when the broker, or the API, received it. */
  readonly eventTime?: string;
  readonly traceId?: string;
  /** Why the record is no envelope; `payload` is then the whole record. */
  readonly problem?: string;
  /** Of `payload`: text where the bytes are UTF-8, so that either way they are exact. */
  readonly encoding: 'utf8' | 'base64';
  readonly payload: string;
}

export function topicMessage(partition: string, record: TopicRecord): TopicMessage {
  const { sequenceNumber, partitionKey, arrivedAt, data } = record;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const envelope = decodeEnvelope(bytes.toString('base64'));
  const where = { partition, sequenceNumber, key: partitionKey, arrivedAt: new Date(arrivedAt).toISOString() };
  if (typeof envelope === 'string') {
    return { ...where, size: bytes.length, problem: envelope, ...written(bytes) };
  }
  const payload = payloadOf(envelope);
  const { productId: product, deviceId: device, clientId, eventTime, traceId, app } = envelope;
  const sender = app === undefined ? { product, device, clientId } : { app };

  return {
    ...where,
    size: payload.length,
    ...{ ...sender, eventTime: new Date(eventTime).toISOString(), traceId },
    ...written(payload),
  };
}

function written(bytes: Buffer): Pick<TopicMessage, 'encoding' | 'payload'> {
  return isUtf8(bytes)
    ? { encoding: 'utf8', payload: bytes.toString('utf8') }
    : { encoding: 'base64', payload: bytes.toString('base64') };
}
