import { Buffer } from 'node:buffer';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  /** Percent-encoded, without the question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** What the Authorization header claims. */
export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly day: string;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface SigningKey {
  readonly secretAccessKey: string;
}

interface Verification {
  readonly service: string;
  readonly region: string;
  /** Milliseconds. */
  readonly now: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** Bodies that S3 takes without their hash, or hashes piece by piece. */
const UNHASHED = /^(UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+)$/;

/**
 * Reads an Authorization header of Signature Version 4. Throws `AwsError` MissingAuthenticationTokenException without one,
 * IncompleteSignatureException for one that lacks a part.
 */
export function readSignatureV4(headers: SignedRequest['headers']): ClaimedSignature {
  const authorization = headerOf(headers, 'authorization');
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  }
  const [algorithm = '', ...rest] = authorization.split(' ');
  const parts = new Map(
    rest
      .join(' ')
      .split(',')
      .map((part) => part.trim().split(/=(.*)/s) as [string, string]),
  );
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  const missing = ['Credential', 'SignedHeaders', 'Signature'].filter((name) => !parts.get(name));
  if (missing.length > 0) {
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  }
  const [accessKeyId, day, region, service, end, ...more] = (parts.get('Credential') as string).split('/');
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || more.length > 0) {
    throw incomplete('Credential must have exactly 5 slash-delimited elements and end in aws4_request.');
  }

  return {
    ...{ accessKeyId, day, region, service },
    signedHeaders: (parts.get('SignedHeaders') as string).toLowerCase().split(';'),
    signature: parts.get('Signature') as string,
  };
}

/**
 * Recomputes the signature over the request as it came. Throws `AwsError` InvalidSignatureException, in AWS's words.
 * Ref: IAM/latest/UserGuide/reference_sigv-create-signed-request
 */
export function verifySignatureV4(
  request: SignedRequest,
  claimed: ClaimedSignature,
  { secretAccessKey }: SigningKey,
  { service, region, now }: Verification,
): void {
  const { headers } = request;
  if (claimed.region !== region) throw invalid('Credential should be scoped to a valid region.');
  if (claimed.service !== service) throw invalid(`Credential should be scoped to correct service: '${service}'.`);
  const date = dateOf(headers);
  if (date.slice(0, 8) !== claimed.day) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claimed.day}' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  }
  checkAge(date, now);
  checkSignedHeaders(headers, claimed.signedHeaders);
  const scope = [claimed.day, region, service, 'aws4_request'];
  const key = scope.reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const canonical = canonicalRequest(request, claimed);
  const expected = hmac(key, [ALGORITHM, date, scope.join('/'), sha256(canonical)].join('\n'));
  const given = Buffer.from(claimed.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

function canonicalRequest(request: SignedRequest, { signedHeaders, service }: ClaimedSignature): string {
  const { method, path, query, headers, body } = request;
  const declared = headerOf(headers, 'x-amz-content-sha256') ?? '';

  return [
    method,
    // S3 alone takes paths as they are: others encode them once more, and leave out what `.` and `..` mean.
    service === 's3' ? encode(decode(path)).replaceAll('%2F', '/') : encode(normalized(path)).replaceAll('%2F', '/'),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${canonicalHeader(headers, name)}`),
    '',
    signedHeaders.join(';'),
    service === 's3' && UNHASHED.test(declared) ? declared : sha256(body),
  ].join('\n');
}

function normalized(path: string): string {
  const levels: string[] = [];
  for (const level of path.split('/')) {
    if (level === '..') levels.pop();
    else if (level !== '' && level !== '.') levels.push(level);
  }

  return `/${levels.join('/')}${levels.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

/** A plus sign is a plus sign here: a space is signed as %20. */
function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function order(a: string, b: string): number {
  if (a === b) return 0;

  return a < b ? -1 : 1;
}

function canonicalHeader(headers: SignedRequest['headers'], name: string): string {
  return headers
    .filter(([one]) => one.toLowerCase() === name)
    .map(([, value]) => value.trim().replaceAll(/ +/g, ' '))
    .join(',');
}

/** Whoever changes a header that says something to AWS must not keep the signature. */
function checkSignedHeaders(headers: SignedRequest['headers'], signed: readonly string[]): void {
  const present = headers.map(([name]) => name.toLowerCase()).filter((name) => name.startsWith('x-amz-'));
  const host = signed.includes(':authority') ? ':authority' : 'host';
  const missing = [host, ...present].find((name) => !signed.includes(name));
  if (missing === undefined) return;

  throw invalid(
    missing === 'host'
      ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
      : `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`,
  );
}

/** `YYYYMMDDTHHMMSSZ`, of the header X-Amz-Date, or of Date where there is none. */
function dateOf(headers: SignedRequest['headers']): string {
  const amz = headerOf(headers, 'x-amz-date');
  if (amz !== undefined && AMZ_DATE.test(amz)) return amz;
  const date = Date.parse(headerOf(headers, 'date') ?? '');
  if (amz !== undefined || Number.isNaN(date)) {
    throw incomplete(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, in ISO-8601 basic format or as RFC 9110 has it.",
    );
  }

  return stamp(date);
}

function checkAge(date: string, now: number): void {
  const at = Date.parse(date.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z'));
  const skew = LIMITS.signatureSkewMinutes * 60_000;
  // Not `at < now - skew` alone: a date that is none compares with nothing.
  if (!(at >= now - skew)) {
    throw invalid(
      `Signature expired: ${date} is now earlier than ${stamp(now - skew)} (${stamp(now)} - ${LIMITS.signatureSkewMinutes} min.)`,
    );
  }
  if (at > now + skew) {
    throw invalid(
      `Signature not yet current: ${date} is still later than ${stamp(now + skew)} (${stamp(now)} + ${LIMITS.signatureSkewMinutes} min.)`,
    );
  }
}

function stamp(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function headerOf(headers: SignedRequest['headers'], name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name)?.[1];
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignatureException', message, 403);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidSignatureException', message, 403);
}
