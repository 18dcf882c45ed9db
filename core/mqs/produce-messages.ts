import { Buffer, isUtf8 } from 'node:buffer';
import { type ErrorCode, publicCode, Refusal } from '../errors.ts';
import { parseJson } from '../fdi/json.ts';
import { encodeEnvelope } from './envelope.ts';
import { maskFields } from './mask-fields.ts';
import { keyOf, MAX_KEY, type PartitionKey } from './partition-key.ts';

/** What producing needs to know of a topic: written at synthesis. */
export interface ProducedTopic {
  readonly topic: string;
  readonly partitionKey: PartitionKey;
  readonly filterFields: readonly string[];
}

/** A message on its way into a stream. */
export interface TopicEntry {
  readonly data: Buffer;
  readonly key: string;
}

/** What became of an entry. */
export type PutOutcome =
  | { readonly shard: string; readonly sequenceNumber: string }
  /** `unsure`: nobody said whether it is stored. */
  | { readonly error: string; readonly message: string; readonly unsure?: true };

/** A message that was not taken: what the caller did wrong, or met. */
export interface ProduceFault {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the same message may be taken when it is sent again. */
  readonly retryable: boolean;
}

export interface ProduceRequest {
  /** The caller sent one message, not a list. */
  readonly single: boolean;
  readonly messages: readonly unknown[];
}

/** Who produces, and what is made up for a message. */
export interface Producing {
  readonly app: string;
  /** In every trace id, so that a row leads to the call. */
  readonly requestId: string;
  readonly now: number;
  readonly random: () => number;
  readonly newId: () => string;
}

export interface PreparedMessage {
  readonly traceId: string;
  /** What is to be written, or why nothing is. */
  readonly made: TopicEntry | ProduceFault;
}

/** Of one call. D:kinesis/latest/APIReference/API_PutRecords; what the gateway takes (4.5 MB) is below the 10 MiB of a call in any form. */
export const MAX_MESSAGES = 500;
/** Of a record, its key included. The same page. */
const MAX_RECORD_BYTES = 1_048_576;
const FIELDS = ['value', 'key', 'encoding'];
const ENCODINGS = ['json', 'text', 'base64'];
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A call's body: `{"messages": […]}`, or one message by itself.
 *
 * @throws Refusal APIC.0201 for what is neither
 */
export function readProduceRequest(body: Uint8Array): ProduceRequest {
  const request = parsedBody(body);
  if (!('messages' in request)) {
    return { single: true, messages: [request] };
  }
  const { messages, ...others } = request as { readonly messages: unknown };
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) {
    throw badRequest(`${stranger} is not known beside messages`);
  }
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > MAX_MESSAGES) {
    const received = Array.isArray(messages) ? `${messages.length} messages` : 'no list';
    throw badRequest(`messages: received ${received}; allowed: a list of 1 to ${MAX_MESSAGES}`);
  }

  return { single: false, messages };
}

/** Each message as it is written into the stream, or why it cannot be. */
export function prepareMessages(
  topic: ProducedTopic,
  { messages, single }: ProduceRequest,
  producing: Producing,
): PreparedMessage[] {
  return messages.map((message, index) => {
    const traceId = `${producing.requestId}-${index}`;

    return {
      traceId,
      made: prepared(topic, message, { ...producing, traceId, at: single ? '' : `messages[${index}]` }),
    };
  });
}

/** What the caller hears of a message. */
export function faultOf(outcome: Extract<PutOutcome, { error: string }>): ProduceFault {
  const { error, unsure } = outcome;
  if (error === 'ProvisionedThroughputExceededException') {
    return {
      code: 'MQS.0429',
      message:
        'The partition of this key takes no more messages now (1,000 messages or 1 MiB a second): send this one again a little later.',
      retryable: true,
    };
  }
  if (unsure === undefined) {
    return { code: 'MQS.0503', message: 'The topic could not take the message: send it again.', retryable: true };
  }

  return {
    code: 'MQS.0504',
    message: 'Whether the topic has the message is not known: sent again, it may be there twice.',
    retryable: true,
  };
}

export function isFault(made: TopicEntry | ProduceFault): made is ProduceFault {
  return 'code' in made;
}

export function publicFault({ code, message, retryable }: ProduceFault) {
  return { error_code: publicCode(code), error_msg: message, retryable };
}

/** A message on its way into an envelope. */
export interface MessagePlace extends Omit<Producing, 'requestId'> {
  readonly traceId: string;
  /** Names the message in what is said of it: `messages[3]`. */
  readonly at: string;
}

function prepared(topic: ProducedTopic, message: unknown, place: MessagePlace): TopicEntry | ProduceFault {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return wrong(
      place,
      '',
      'is no JSON object: allowed is {"value": …, "key"?: "…", "encoding"?: "json"|"text"|"base64"}',
    );
  }
  const { value, key, encoding = 'json' } = message as Readonly<Record<string, unknown>>;
  const stranger = Object.keys(message).find((name) => !FIELDS.includes(name));
  if (stranger !== undefined) {
    return wrong(place, stranger, `is not known: allowed are ${FIELDS.join(', ')}`);
  }
  if (typeof encoding !== 'string' || !ENCODINGS.includes(encoding)) {
    return wrong(place, 'encoding', `must be one of ${ENCODINGS.join(', ')}`);
  }
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > MAX_KEY || !key.isWellFormed())) {
    return wrong(place, 'key', `must be a text of 1 to ${MAX_KEY} characters`);
  }
  const payload = payloadOf(value, encoding, place);

  return Buffer.isBuffer(payload) ? messageEntry(topic, payload, key, place) : payload;
}

function payloadOf(value: unknown, encoding: string, place: MessagePlace): Buffer | ProduceFault {
  if (value === undefined) {
    return wrong(place, 'value', 'is missing');
  }
  if (encoding === 'json') {
    try {
      return Buffer.from(JSON.stringify(value), 'utf8');
    } catch {
      return wrong(place, 'value', 'is nested too deep to be written');
    }
  }
  if (typeof value !== 'string') {
    return wrong(place, 'value', `must be a text with encoding ${encoding}`);
  }
  if (encoding === 'text') {
    return value.isWellFormed()
      ? Buffer.from(value, 'utf8')
      : wrong(place, 'value', 'holds half a surrogate pair, which no text in UTF-8 can');
  }

  return BASE64.test(value)
    ? Buffer.from(value, 'base64')
    : wrong(place, 'value', 'is not base64: A–Z, a–z, 0–9, + and /, filled up with = to a multiple of four');
}

/** A payload in its envelope, masked as the topic asks for, or why it cannot be written. */
export function messageEntry(
  { topic, filterFields, partitionKey }: ProducedTopic,
  payload: Buffer,
  key: string | undefined,
  place: MessagePlace,
): TopicEntry | ProduceFault {
  const kept = filterFields.length === 0 ? payload : masked(payload, filterFields);
  if (kept === undefined) {
    const why = `cannot be masked, which ${topic} does before it stores anything: its payload is not JSON in UTF-8`;

    return { ...wrong(place, '', why), code: 'MQS.0422' };
  }
  const { app, traceId, now, random, newId } = place;
  const text = () => (isUtf8(kept) ? kept.toString('utf8') : undefined);
  const partition = keyOf(partitionKey, { sender: key, payload: text }, random, newId);
  const data = encodeEnvelope({
    ...{ raw: kept.toString('base64'), productId: '', deviceId: '', clientId: '' },
    ...{ eventTime: now, traceId, app, ...(key !== undefined && { key }) },
  });
  const size = data.length + Buffer.byteLength(partition);
  if (size > MAX_RECORD_BYTES) {
    const spare = Math.floor((MAX_RECORD_BYTES - (size - kept.toString('base64').length)) / 4) * 3;
    const why = `is too large: its payload has ${kept.length} bytes, and ${spare} fit beside its envelope (1 MiB a record, the payload in base64)`;

    return { ...wrong(place, '', why), code: 'MQS.0413' };
  }

  return { data, key: partition };
}

/** Undefined where it cannot be. */
function masked(payload: Buffer, fields: readonly string[]): Buffer | undefined {
  const text = isUtf8(payload) ? maskFields(payload.toString('utf8'), fields) : undefined;

  return text === undefined ? undefined : Buffer.from(text, 'utf8');
}

function wrong({ at }: MessagePlace, field: string, why: string): ProduceFault {
  const place = [at, field].filter((part) => part !== '').join('.');

  return { code: 'MQS.0400', message: `${place === '' ? 'The message' : place} ${why}.`, retryable: false };
}

function parsedBody(body: Uint8Array): object {
  let request: unknown;
  try {
    request = isUtf8(body) ? parseJson(Buffer.from(body).toString('utf8')) : undefined;
  } catch {
    request = undefined;
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw badRequest(
      'the body is no JSON object in UTF-8: allowed is {"messages": [{"value": …}, …]} or one message, {"value": …}',
    );
  }

  return request;
}

function badRequest(message: string): Refusal {
  return new Refusal('APIC.0201', { message: `Bad request: ${message}.` });
}
