import { createHash } from 'node:crypto';
import { percentDecode, percentEncode } from './percent-encoding.ts';

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

export const EMPTY_BODY_SHA256 = sha256Hex('');

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * The text a signature covers: method, path, query, the signed headers, their names, the body's hash, a line each
 * (support.huaweicloud.com/devg-roma/apic-dev-190216015.html).
 *
 * @param signedHeaders lower-case names in the order of the `SignedHeaders` list; the request holds each of them
 */
export function canonicalRequest(
  request: SignableRequest,
  signedHeaders: readonly string[],
  bodySha256: string,
): string {
  const headers = signedHeaders.map((name) => `${name}:${headerValue(request.headers, name)?.trim() ?? ''}\n`);

  return [
    request.method.toUpperCase(),
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(''),
    signedHeaders.join(';'),
    bodySha256,
  ].join('\n');
}

/**
 * Each segment decoded, then encoded, so that all spellings of a path are one; an encoded slash stays inside its segment.
 * The trailing slash exists only here: `/free` and `/free/` are signed alike.
 */
export function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => percentEncode(percentDecode(segment)))
    .join('/');

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
  return headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

/** The first value of a header, by its lower-case name. */
export function headerValue(headers: Pairs, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

/** UTF-8 keeps the order of code points. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
