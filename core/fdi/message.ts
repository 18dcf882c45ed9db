import { type Envelope, payloadText, readerView } from '../mqs/envelope.ts';
import { parseJson } from './json.ts';
import { type Path, parsePath, type ValueAt, valueAt } from './path.ts';
import { Rejection } from './rejection.ts';
import type { MetadataField, TopicSource } from './topic-task.ts';

/** What is needed of a payload beside its base64 text. */
export type PayloadForm = 'base64' | 'text' | 'json' | 'xml';

/** What reads a payload's text as a value, and how paths lead into it; without one it is read as JSON. */
export interface PayloadParser {
  /** @throws Error that says why the text is none; of a class of its own, since the parser may come from another bundle */
  readonly parse: (text: string) => unknown;
  readonly valueAt: ValueAt;
}

/** The payload in the form the task reads; decided once per task by `payloadForm`. */
export type Payload = unknown;

/** Reads one field of a message. */
export type ReadField = (envelope: Envelope, payload: Payload) => unknown;

const DEVICE_FIELDS: readonly string[] = [
  'productId',
  'deviceId',
  'clientId',
  'gatewayId',
  'reportedAt',
  'eventTime',
  'traceId',
  'app',
  'key',
];
/** Of messages of apps they are empty, which is as good as not there. */
const OF_DEVICES: readonly string[] = ['productId', 'deviceId', 'clientId'];

export function payloadForm(source: TopicSource): PayloadForm {
  if (source.base64) {
    return 'base64';
  }
  const wholeText = !source.parse && !source.deviceInfo && source.metadata.every(({ type }) => type !== 'json');

  if (wholeText) {
    return 'text';
  }

  return source.dataType === 'XML' ? 'xml' : 'json';
}

/** The payload in that form, or why it has no such form. */
export function readPayload(envelope: Envelope, form: PayloadForm, parser?: PayloadParser): Payload | Rejection {
  if (form === 'base64') {
    return undefined;
  }
  const text = payloadText(envelope);
  if (text === undefined) {
    return new Rejection('encoding', 'the payload is not UTF-8');
  }
  if (form === 'text') {
    return text;
  }
  const parse = form === 'xml' ? (parser?.parse ?? parseJson) : parseJson;
  try {
    return parse(text);
  } catch (error) {
    const language = form === 'xml' ? 'XML' : 'JSON';

    return new Rejection('syntax', `the payload is not ${language}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * How a field is read from a message: its path leads into what a reader of the topic sees (`readerView`), resolved here once so that
 * no such view is built per message.
 */
export function fieldReader(source: TopicSource, field: MetadataField, at: ValueAt = valueAt): ReadField {
  if (!source.parse) {
    return wholeMessage(source, field);
  }
  const root = source.rootField === undefined ? [] : parsePath(source.rootField, 'rootField');
  const path = [...root, ...parsePath(field.path, field.alias)];

  return source.deviceInfo ? withDeviceInfo(source, path, at) : (_envelope, payload) => at(payload, path);
}

function withDeviceInfo(source: TopicSource, path: Path, at: ValueAt): ReadField {
  const [first, ...rest] = path;
  if (first === 'data' && !source.base64) {
    return (_envelope, payload) => at(payload, rest);
  }
  if (typeof first === 'string' && DEVICE_FIELDS.includes(first) && rest.length === 0) {
    const name = first as keyof Envelope;

    return OF_DEVICES.includes(first)
      ? (envelope) => (envelope.app === undefined ? envelope[name] : undefined)
      : (envelope) => envelope[name];
  }

  return (envelope, payload) => at(readerView(envelope, source, payload), path);
}

function wholeMessage(source: TopicSource, { type }: MetadataField): ReadField {
  if (!source.deviceInfo) {
    return source.base64 ? (envelope) => envelope.raw : (_envelope, payload) => payload;
  }
  const view: ReadField = (envelope, payload) => readerView(envelope, source, payload);

  return type === 'json' ? view : (envelope, payload) => JSON.stringify(view(envelope, payload));
}
