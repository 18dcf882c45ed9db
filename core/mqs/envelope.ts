import { Buffer } from 'node:buffer';

/** What every record of a topic holds, whatever its rule's switches: the exact payload and where it came from. */
export interface Envelope {
  /** The payload's bytes in base64: no payload can break the envelope. */
  readonly raw: string;
  /** The payload's exact bytes. */
  readonly payload: Buffer;
  readonly productId: string;
  readonly deviceId: string;
  readonly clientId: string;
  /** Milliseconds since 1970 (UTC), as the broker's clock had it. */
  readonly eventTime: number;
  /** Travels from the message to the row, the quarantine and every log line. */
  readonly traceId: string;
}

/** The two switches of a forwarding rule (features B11, B12): what readers see of a record. */
export interface ReaderView {
  readonly base64: boolean;
  readonly deviceInfo: boolean;
}

const MAX_EVENT_TIME = 8.64e15;

/**
 * Reads a record's bytes as an envelope.
 *
 * @returns the envelope, or in words why the bytes are none
 */
export function decodeEnvelope(record: Uint8Array): Envelope | string {
  const value = parsed(Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('utf8'));
  if (value === null || typeof value !== 'object') {
    return 'the record is not a JSON object';
  }
  const { raw, productId, deviceId, clientId, eventTime, traceId } = value as Record<keyof Envelope, unknown>;
  const payload = typeof raw === 'string' ? decodeBase64(raw) : undefined;
  if (typeof raw !== 'string' || payload === undefined) {
    return 'raw is not base64 text';
  }
  if (typeof productId !== 'string' || typeof deviceId !== 'string' || typeof clientId !== 'string') {
    return 'productId, deviceId and clientId are not all text';
  }
  if (typeof eventTime !== 'number' || !Number.isInteger(eventTime) || Math.abs(eventTime) > MAX_EVENT_TIME) {
    return 'eventTime is not a whole number of milliseconds since 1970';
  }
  if (typeof traceId !== 'string') {
    return 'traceId is not text';
  }

  return { raw, payload, productId, deviceId, clientId, eventTime, traceId };
}

/**
 * What a reader sees as a value. With base64 off the payload comes in parsed; with it on, the payload's base64 text takes its place.
 *
 * | device info | base64 off | base64 on |
 * |---|---|---|
 * | on | `{data: <payload>, productId, deviceId, clientId, eventTime, traceId}` | `{data: "<base64>", …}` |
 * | off | the payload | the base64 text |
 *
 * @param parsedPayload the payload as JSON; looked at only when base64 is off
 */
export function readerView(envelope: Envelope, { base64, deviceInfo }: ReaderView, parsedPayload: unknown): unknown {
  const data = base64 ? envelope.raw : parsedPayload;
  if (!deviceInfo) {
    return data;
  }
  const { productId, deviceId, clientId, eventTime, traceId } = envelope;

  return { data, productId, deviceId, clientId, eventTime, traceId };
}

/** `Buffer.from` skips what is not base64: then fewer bytes come out than the text's length promises. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));

  return text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
