import { Buffer, isUtf8 } from 'node:buffer';

/** What every record of a topic holds, whatever its rule's switches: the exact payload and where it came from. */
export interface Envelope {
  /** The payload's bytes in base64: no payload can break the envelope. */
  readonly raw: string;
  /** Product, device and client of a message that an app produced: empty. */
  readonly productId: string;
  readonly deviceId: string;
  readonly clientId: string;
  /** Milliseconds since 1970 (UTC), as the broker's clock had it, or that of the function which took it from an app. */
  readonly eventTime: number;
  /** Travels from the message to the row, the quarantine and every log line. */
  readonly traceId: string;
  /** Client id of the gateway that reported it for the device; absent of what the device reported itself. */
  readonly gatewayId?: string;
  /** When the device measured it, as its gateway says: `yyyyMMddTHHmmssZ`. */
  readonly reportedAt?: string;
  /** The app that produced it; absent of what a device sent. */
  readonly app?: string;
  /** What the app calls the message by, where it gave a key. */
  readonly key?: string;
}

/** The two switches of a forwarding rule (features B11, B12): what readers see of a record. */
export interface ReaderView {
  readonly base64: boolean;
  readonly deviceInfo: boolean;
}

const MAX_EVENT_TIME = 8.64e15;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/**
 * An envelope as rules write it, in plain ASCII without an escape: read three times as fast as by `JSON.parse`, to the same values.
 * Everything else takes the long road.
 */
const PLAIN =
  /^\{"raw":"[A-Za-z0-9+/]*={0,2}","productId":"[ !#-[\]-~]*","deviceId":"[ !#-[\]-~]*","clientId":"[ !#-[\]-~]*","eventTime":(?:0|[1-9]\d{0,14}),"traceId":"[ !#-[\]-~]*"\}$/;
/** What stands between one value of it and the next. */
const GAPS = {
  raw: '{"raw":"'.length,
  productId: '","productId":"'.length,
  deviceId: '","deviceId":"'.length,
  clientId: '","clientId":"'.length,
  eventTime: '","eventTime":'.length,
  traceId: ',"traceId":"'.length,
  end: '"}'.length,
} as const;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Reads a record as an envelope.
 *
 * @param data the record's bytes in base64, as Lambda hands them over
 * @returns the envelope, or in words why the bytes are none
 */
export function decodeEnvelope(data: string): Envelope | string {
  const text = binaryText(data);
  if (!PLAIN.test(text)) {
    return checkedEnvelope(parsed(Buffer.from(data, 'base64').toString('utf8')));
  }
  const rawEnd = text.indexOf('"', GAPS.raw);
  const product = rawEnd + GAPS.productId;
  const productEnd = text.indexOf('"', product);
  const device = productEnd + GAPS.deviceId;
  const deviceEnd = text.indexOf('"', device);
  const client = deviceEnd + GAPS.clientId;
  const clientEnd = text.indexOf('"', client);
  const time = clientEnd + GAPS.eventTime;
  const timeEnd = text.indexOf(',', time);
  if ((rawEnd - GAPS.raw) % 4 !== 0) {
    return 'raw is not base64 text';
  }

  return {
    raw: text.slice(GAPS.raw, rawEnd),
    productId: text.slice(product, productEnd),
    deviceId: text.slice(device, deviceEnd),
    clientId: text.slice(client, clientEnd),
    eventTime: Number(text.slice(time, timeEnd)),
    traceId: text.slice(timeEnd + GAPS.traceId, -GAPS.end),
  };
}

/** One character a byte; nothing when it is not base64. */
function binaryText(data: string): string {
  try {
    return atob(data);
  } catch {
    return '';
  }
}

function checkedEnvelope(value: unknown): Envelope | string {
  if (value === null || typeof value !== 'object') {
    return 'the record is not a JSON object';
  }
  const { raw, productId, deviceId, clientId, eventTime, traceId, app, key } = value as Record<keyof Envelope, unknown>;
  const { gatewayId, reportedAt } = value as Record<keyof Envelope, unknown>;
  if (typeof raw !== 'string' || raw.length % 4 !== 0 || !BASE64.test(raw)) {
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
  if ((app !== undefined && typeof app !== 'string') || (key !== undefined && typeof key !== 'string')) {
    return 'app and key are not text';
  }
  if (![gatewayId, reportedAt].every((text) => text === undefined || typeof text === 'string')) {
    return 'gatewayId and reportedAt are not text';
  }
  // The rules engine has got it from the function that reads gateways, so from no client of MQTT: it is the gateway's.
  const behind =
    gatewayId === undefined ? {} : { clientId: gatewayId, gatewayId, ...(reportedAt !== undefined && { reportedAt }) };
  const producer = app === undefined ? {} : { app, ...(key !== undefined && { key }) };

  return { raw, productId, deviceId, clientId, eventTime, traceId, ...(behind as Partial<Envelope>), ...producer };
}

/** A record as it is written, in the order that is read fastest. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const { raw, productId, deviceId, clientId, eventTime, traceId, gatewayId, reportedAt, app, key } = envelope;
  const more = { gatewayId, reportedAt, app, key };

  return Buffer.from(JSON.stringify({ raw, productId, deviceId, clientId, eventTime, traceId, ...more }), 'utf8');
}

/** What of an envelope says who sent the message; nothing that does not apply. */
export function senderOf(envelope: Envelope): Readonly<Record<string, string>> {
  const { productId, deviceId, clientId, gatewayId, reportedAt, app, key } = envelope;
  if (app === undefined && gatewayId !== undefined) {
    return { productId, deviceId, clientId, gatewayId, ...(reportedAt !== undefined && { reportedAt }) };
  }
  if (app === undefined) {
    return { productId, deviceId, clientId };
  }

  return key === undefined ? { app } : { app, key };
}

/** The payload's exact bytes. */
export function payloadOf(envelope: Envelope): Buffer {
  return Buffer.from(envelope.raw, 'base64');
}

/** The payload as text; `undefined` when it is not UTF-8. */
export function payloadText(envelope: Envelope): string | undefined {
  const text = atob(envelope.raw);
  if (ASCII.test(text)) {
    return text;
  }
  const bytes = payloadOf(envelope);

  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/**
 * What a reader sees as a value. With base64 off the payload comes in parsed; with it on, the payload's base64 text takes its place.
 *
 * | device info | base64 off | base64 on |
 * |---|---|---|
 * | on | `{data: <payload>, productId, deviceId, clientId, eventTime, traceId}` | `{data: "<base64>", …}` |
 * | on, through a gateway | `{data: <payload>, productId, deviceId, clientId, gatewayId, reportedAt, eventTime, traceId}` | `{data: "<base64>", …}` |
 * | on, an app's | `{data: <payload>, app, key, eventTime, traceId}` | `{data: "<base64>", …}` |
 * | off | the payload | the base64 text |
 *
 * @param parsedPayload the payload as JSON; looked at only when base64 is off
 */
export function readerView(envelope: Envelope, { base64, deviceInfo }: ReaderView, parsedPayload: unknown): unknown {
  const data = base64 ? envelope.raw : parsedPayload;
  if (!deviceInfo) {
    return data;
  }
  const { eventTime, traceId } = envelope;

  return { data, ...senderOf(envelope), eventTime, traceId };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
