import { hash } from 'node:crypto';
import { decodeBeyondAscii, percentDecode, percentEncode } from './percent-encoding.ts';

/** Names and values in the order received; a name may come several times. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** A request as far as a signature covers it. */
export interface SignableRequest {
  readonly method: string;
  /** With stage or base path, as the caller sent it; percent-encoded or not. */
  readonly path: string;
  /** Decoded. */
  readonly query: Pairs;
  readonly headers: Pairs;
}

const SURROGATE = /[\ud800-\udfff]/;
export const EMPTY_BODY_SHA256 = sha256Hex('');

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data);
}

/**
 * The texts a signature over a request may cover: method, path, query, the signed headers, their names, the body's hash, a line each
 * (support.huaweicloud.com/devg-roma/apic-dev-190216015.html). One, or two where the path can be read in two ways: see `signedPaths`.
 *
 * @param signedHeaders lower-case names in the order of the `SignedHeaders` list; the request holds each of them
 */
export function canonicalRequests(
  request: SignableRequest,
  signedHeaders: readonly string[],
  bodySha256: string,
): string[] {
  const headers = signedHeaders.map((name) => `${name}:${signedValue(request.headers, name)}\n`);
  const rest = [canonicalQuery(request.query), headers.join(''), signedHeaders.join(';'), bodySha256].join('\n');

  return signedPaths(request.path).map((path) => `${request.method.toUpperCase()}\n${path}\n${rest}`);
}

/**
 * How a path is written in a signature, the usual way first.
 *
 * The rule: each segment decoded, then encoded, so that all spellings of a path are one; an encoded slash stays inside its segment. The
 * reference's client for JavaScript encodes what its URL parser leaves or makes escaped once more, at times all of it, at times ASCII only:
 * `/a%20b` as `/a%2520b`. That is also how the rule would write `/a%2520b`, which is another path, and one signature must never be good for
 * both. So a signed path that holds escapes once it is decoded always means what they stand for: `/a%2520b` is the path sent as `/a%20b`.
 */
export function signedPaths(path: string): string[] {
  const sent = path.split('/');
  if (!/[%'|^]/.test(path)) {
    return [encodedPath(sent)];
  }
  const decoded = sent.map(percentDecode);
  const byTheRule = decoded.some((segment) => percentDecode(segment) !== segment) ? [] : [encodedPath(decoded)];
  const asParsed = [sent, sent.map(decodeBeyondAscii)].map((segments) => encodedPath(segments.map(escapeAsParser)));

  return [...new Set([...byTheRule, ...asParsed])];
}

/** What Node's old URL parser escapes and its new one sends as it is. */
function escapeAsParser(segment: string): string {
  return segment.replace(/['|^]/g, percentEncode);
}

/** The trailing slash exists only here: `/free` and `/free/` are signed alike. */
function encodedPath(segments: readonly string[]): string {
  const encoded = segments.map(percentEncode).join('/');

  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

/** Sorted by name, then value, in code-point order (UTF-16 order would part from other languages beyond U+FFFF). */
export function canonicalQuery(query: Pairs): string {
  return query
    .toSorted((a, b) => compareCodePoints(a[0], b[0]) || compareCodePoints(a[1], b[1]))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

/** All values of a header, by its lower-case name. */
export function headerValues(headers: Pairs, name: string): string[] {
  return headers.filter(([other]) => isNamed(other, name)).map(([, value]) => value);
}

/** The first value of a header, by its lower-case name. */
export function headerValue(headers: Pairs, name: string): string | undefined {
  return headers.find(([other]) => isNamed(other, name))?.[1];
}

/** A header's value as it is signed: without the blanks HTTP allows around it, and no others, which a backend would read. */
export function signedValue(headers: Pairs, name: string): string {
  return (headerValue(headers, name) ?? '').replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Names of headers are ASCII, whose case is no matter of length. */
function isNamed(header: string, name: string): boolean {
  return header.length === name.length && (header === name || header.toLowerCase() === name);
}

/** UTF-8 keeps the order of code points; UTF-16 does where nothing needs two units. */
function compareCodePoints(a: string, b: string): number {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) {
    return a === b ? 0 : a < b ? -1 : 1;
  }

  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
