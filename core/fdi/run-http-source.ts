import { InvalidSetting } from '../errors.ts';
import { parsePath } from './path.ts';
import { checkFields } from './run-fields.ts';
import { checkHttpAuth, type HttpAuth } from './run-http-auth.ts';
import { timeZoneOffset } from './time-zone.ts';
import type { DataType, MetadataField } from './topic-task.ts';

/** How many records a page is asked to hold. */
interface PageSize {
  /** The parameter that says it; the API decides without one. */
  readonly sizeField?: string;
  readonly size?: number;
}

/** Where the parameter that names a page stands: in the query, or as a member of the body, which is a JSON object then. */
interface PageField extends PageSize {
  readonly field: string;
  readonly in: 'query' | 'body';
}

/** How the pages of an API are asked for. */
export type HttpPaging =
  /** One answer holds all there is. */
  | { readonly by: 'none' }
  /**
   * The number of the page, or of records before it. A page without records is the last; with `until: "short"` one with less than `size` is,
   * which spares a question, and loses records where an API gives fewer than it was asked for.
   */
  | (PageField & { readonly by: 'page' | 'offset'; readonly start: number; readonly until: 'empty' | 'short' })
  /** A value of the answer that the next question repeats; the last answer has none. */
  | (PageField & { readonly by: 'cursor'; readonly path: string })
  /** The URL of the next page: at a path of the answer, else in its `Link` header (RFC 8288, `rel="next"`). */
  | (PageSize & { readonly by: 'link'; readonly path?: string });

/** What is asked for when: everything each time, or what a growing field says is new. */
export interface HttpIncrement {
  /** Where it stands in a record: a date and time, or a whole number. */
  readonly field: string;
  /** What the first run asks for; without it that leaves out the parameters that hold `{{since}}`. */
  readonly initial?: string;
  /** So much before the greatest value each run begins: seconds of a date and time, else a number. */
  readonly overlap: number;
}

/** An HTTP API whose answers hold records, page by page. */
export interface HttpSource {
  readonly kind: 'http';
  /** Empty at synthesis where only the deployment knows it: then it is in the function's environment. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** In these, in `headers` and in `body`, `{{since}}` is where the increment begins. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly dataType: DataType;
  /** Where an answer has its records: `data.items`; `$` is the whole answer. */
  readonly records: string;
  readonly paging: HttpPaging;
  /** A run that would read more pages is wrong about its paging. */
  readonly maxPages: number;
  /** Of one answer. */
  readonly maxBytes: number;
  /** How long one answer may take. */
  readonly timeoutSeconds: number;
  /** The paths that tell records apart. */
  readonly key: readonly string[];
  /** Without them the names of the first page's records. */
  readonly fields?: readonly MetadataField[];
  readonly increment?: HttpIncrement;
  readonly timeZone: string;
  readonly auth: HttpAuth;
  /** PEM: the authorities to trust in place of the usual ones; those of a secret are told by the function's environment. */
  readonly ca?: string;
}

export const SINCE = '{{since}}';

/** Names that would be sent twice, or mean something else. */
const OWN_HEADERS = /^(?:host|content-length|connection|transfer-encoding|accept-encoding)$/i;
/** RFC 9110 §5.1, §5.5 */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_MEGABYTES = 20;

/** @throws InvalidSetting for a source that cannot be read whatever its API answers */
export function checkHttpSource(source: HttpSource, where: string): void {
  const { method, body, dataType, records, key, fields, timeZone } = source;
  if (source.url !== '') {
    checkUrl(source.url, `${where}.url`);
  }
  if (method !== 'GET' && method !== 'POST') {
    throw new InvalidSetting(`${where}.method`, method, '`GET` or `POST`');
  }
  if (method === 'GET' && body !== undefined) {
    throw new InvalidSetting(`${where}.body`, body, 'none: a GET has no body');
  }
  if (dataType !== 'JSON' && dataType !== 'XML') {
    throw new InvalidSetting(`${where}.dataType`, dataType, '`JSON` or `XML`');
  }
  for (const [name, value] of Object.entries(source.headers)) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name) || !HEADER_VALUE.test(value)) {
      throw new InvalidSetting(`${where}.headers`, { [name]: value }, 'headers of text that are not set here anyway');
    }
  }
  parsePath(records, `${where}.records`);
  if (key.length === 0) {
    throw new InvalidSetting(`${where}.key`, key, 'at least one path that tells records apart: `id`');
  }
  for (const path of key) {
    parsePath(path, `${where}.key`);
  }
  if (fields !== undefined) {
    checkFields(fields, `${where}.fields`);
  }
  timeZoneOffset(timeZone, `${where}.timeZone`);
  checkWhole(source.maxPages, `${where}.maxPages`, 1, 1_000_000);
  checkWhole(source.maxBytes, `${where}.maxBytes`, 1024, MAX_MEGABYTES * 1024 * 1024);
  checkWhole(source.timeoutSeconds, `${where}.timeout`, 1, 600);
  checkPaging(source, `${where}.paging`);
  checkIncrement(source, `${where}.increment`);
  checkHttpAuth(source.auth, `${where}.auth`);
}

function checkPaging({ paging, body, method }: HttpSource, where: string): void {
  if (paging.by === 'none') {
    return;
  }
  const { sizeField, size } = paging;
  if ((sizeField === undefined) !== (size === undefined)) {
    const isShort = 'until' in paging && paging.until === 'short';
    if (size === undefined || !isShort) {
      throw new InvalidSetting(where, { sizeField, size }, '`sizeField` and `size` together, or neither');
    }
  }
  if (size !== undefined) {
    checkWhole(size, `${where}.size`, 1, 100_000);
  }
  if (paging.by === 'link') {
    if (paging.path !== undefined) {
      parsePath(paging.path, `${where}.path`);
    }

    return;
  }
  if (paging.field === '') {
    throw new InvalidSetting(`${where}.field`, paging.field, 'the name of the parameter');
  }
  if (paging.in === 'body' && (method !== 'POST' || !isObjectText(body ?? '{}'))) {
    throw new InvalidSetting(`${where}.in`, paging.in, '`query`, or a POST whose body is a JSON object');
  }
  if (paging.by === 'cursor') {
    parsePath(paging.path, `${where}.path`);

    return;
  }
  checkWhole(paging.start, `${where}.start`, 0, 1_000_000_000);
  if (paging.until === 'short' && size === undefined) {
    throw new InvalidSetting(`${where}.size`, size, 'a number: `until: "short"` compares with it');
  }
}

function checkIncrement({ increment, query, headers, body }: HttpSource, where: string): void {
  const optional = [...Object.values(query), ...Object.values(headers)].some((text) => text.includes(SINCE));
  const inBody = body?.includes(SINCE) === true;
  if (increment === undefined) {
    if (optional || inBody) {
      throw new InvalidSetting(where, undefined, `an increment: ${SINCE} is where it begins`);
    }

    return;
  }
  parsePath(increment.field, `${where}.field`);
  if (!optional && !inBody) {
    throw new InvalidSetting(
      where,
      increment,
      `${SINCE} in a parameter, a header or the body: else all is asked for each time`,
    );
  }
  if (inBody && increment.initial === undefined) {
    throw new InvalidSetting(`${where}.initial`, undefined, `a value: a body cannot leave ${SINCE} out`);
  }
  if (!Number.isInteger(increment.overlap) || increment.overlap < 0) {
    throw new InvalidSetting(
      `${where}.overlap`,
      increment.overlap,
      'a whole number from 0: seconds, or what the field counts',
    );
  }
}

function checkUrl(text: string, where: string): void {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isHttp || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new InvalidSetting(
      where,
      text,
      'an address that begins with https:// or http://, without a user, a password or a `#`',
    );
  }
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);

    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function checkWhole(value: number, where: string, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidSetting(where, value, `a whole number from ${min} to ${max}`);
  }
}
