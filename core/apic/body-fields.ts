import { Refusal } from '../errors.ts';
import { headerValue } from './canonical-request.ts';
import type { ReceivedCall } from './received-call.ts';

/** What came for one name: text as it was sent, or what JSON holds there. */
export interface Received {
  readonly values: readonly unknown[];
  /** The elements of a JSON array: a list as it is, whose texts are not split at commas. */
  readonly array: boolean;
}

export type BodyFields = ReadonlyMap<string, Received>;

const FORM = 'application/x-www-form-urlencoded';

/**
 * The fields of a form (also where no content type is given) or of a JSON object.
 *
 * @throws Refusal `APIC.0106` for any other body
 */
export function bodyFields({ headers, body }: Pick<ReceivedCall, 'headers' | 'body'>): BodyFields {
  if (body.length === 0) {
    return new Map();
  }
  const contentType = headerValue(headers, 'content-type') ?? FORM;
  const mediaType = (contentType.split(';')[0] as string).trim().toLowerCase();
  if (mediaType === FORM) {
    return formFields(textOf(body));
  }
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    return jsonFields(textOf(body));
  }
  throw refusal(`Content-Type: received ${JSON.stringify(contentType)}; allowed: ${FORM} or application/json`);
}

function formFields(text: string): BodyFields {
  const form = new URLSearchParams(text);

  return new Map([...form.keys()].map((name) => [name, { values: form.getAll(name), array: false }]));
}

function jsonFields(text: string): BodyFields {
  const value = parsedJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal('body: received JSON that is no object; allowed: a JSON object with the parameters as its keys');
  }

  return new Map(
    Object.entries(value).map(([name, field]) => {
      const array = Array.isArray(field);

      return [name, { values: array ? field : [field], array }];
    }),
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal('body: received text that is not JSON; allowed: a JSON object, as its Content-Type says', cause);
  }
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw refusal('body: received bytes that are not UTF-8; allowed: UTF-8 text', cause);
  }
}

function refusal(what: string, cause?: unknown): Refusal {
  return new Refusal('APIC.0106', { message: `Orchestration error. ${what}.`, cause });
}
