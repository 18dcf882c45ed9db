import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  canonicalRequests,
  EMPTY_BODY_SHA256,
  headerValues,
  type Pairs,
  type SignableRequest,
  sha256Hex,
} from './canonical-request.ts';

const ALGORITHM = 'SDK-HMAC-SHA256';
const DATE_HEADER = 'x-sdk-date';
const BODY_HASH_HEADER = 'x-sdk-content-sha256';
/** As value of the body hash header: the body is not covered. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** How far, in milliseconds, the date of a request may lie from now, either way. */
export const MAX_SKEW_MS = 15 * 60 * 1000;

export interface AppCredential {
  readonly key: string;
  readonly secret: string;
}

export type CoveredBody =
  | { readonly kind: 'declared'; readonly sha256: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'received' };

/** A signature as a request presents it: everything right but the one thing only the secret can tell. */
export interface PresentedSignature {
  readonly key: string;
  readonly signature: string;
  readonly date: Date;
  /** As it was sent and signed. */
  readonly dateText: string;
  /** The names it lists, in lower case. */
  readonly signedHeaders: readonly string[];
  /**
   * What the request says of its body: a hash in its own header (or that it is not covered), or nothing: then the signature covers the
   * hash of the bytes that arrive.
   */
  readonly body: CoveredBody;
  /** The texts one of which the signature must be the HMAC of. @param bodySha256 the received body's hash; only used when `body` is `received` */
  readonly stringsToSign: (bodySha256?: string) => string[];
}

/** What can be wrong before anybody looks at the secret. */
export type SignatureFault =
  | 'authorization-header'
  | 'signed-header-absent'
  | 'signed-headers-list'
  | 'date-form'
  | 'date-skew'
  | 'body-hash-form';

/** `reason` is for the log: where APIs do not explain, a caller only ever learns that the authentication is not right. */
export type Reading =
  | { readonly outcome: 'presented'; readonly presented: PresentedSignature }
  | { readonly outcome: 'refused'; readonly fault: SignatureFault; readonly reason: string };

/** Whether an `Authorization` header speaks of this scheme at all. */
export function isSignature(authorization: string | undefined): boolean {
  return authorization !== undefined && /^SDK-HMAC-SHA256([ \t]|$)/.test(authorization);
}

/**
 * Reads the signature a request carries and checks all that needs no secret.
 *
 * Exactly the headers it lists are verified. `X-Sdk-Date` must be one of them; `Host` need not (Go's client signs the date alone; a key is
 * good for one platform only, so a signature without host opens nothing elsewhere), but where listed it must be the Host received.
 * A listed header that is absent, or arrives more than once, is refused: what a backend reads must be what was signed.
 */
export function readSignature(request: SignableRequest, now: Date): Reading {
  const authorizations = headerValues(request.headers, 'authorization');
  if (authorizations.length !== 1) {
    return refused('authorization-header', `${authorizations.length} Authorization headers`);
  }
  const parts = parseAuthorization(authorizations[0] as string);
  if (parts === undefined) {
    return refused(
      'authorization-header',
      `the Authorization header is not of the form ${ALGORITHM} Access=…, SignedHeaders=…, Signature=…`,
    );
  }
  const unfit = parts.signedHeaders.find((name) => headerValues(request.headers, name).length !== 1);
  if (unfit !== undefined) {
    const times = headerValues(request.headers, unfit).length;

    return refused('signed-header-absent', `signed header ${unfit} arrived ${times} times`);
  }
  if (!parts.signedHeaders.includes(DATE_HEADER) || parts.signedHeaders.includes('authorization')) {
    return refused('signed-headers-list', `SignedHeaders must hold ${DATE_HEADER} and must not hold authorization`);
  }
  const date = headerValues(request.headers, DATE_HEADER)[0] ?? '';
  const time = parseDate(date);
  if (time === undefined) {
    return refused('date-form', `${DATE_HEADER} ${date} is not a date of the form 20191111T093443Z`);
  }
  if (Math.abs(now.getTime() - time) > MAX_SKEW_MS) {
    return refused('date-skew', `${DATE_HEADER} ${date} is more than 15 minutes from ${formatDate(now)}`);
  }
  const body = declaredBody(request.headers);
  if (body === undefined) {
    return refused(
      'body-hash-form',
      `${BODY_HASH_HEADER} is neither 64 hexadecimal digits nor ${UNSIGNED_PAYLOAD}, or arrived twice`,
    );
  }

  return {
    outcome: 'presented',
    presented: {
      key: parts.key,
      signature: parts.signature,
      date: new Date(time),
      dateText: date,
      signedHeaders: parts.signedHeaders,
      body,
      stringsToSign: (received = EMPTY_BODY_SHA256) =>
        canonicalRequests(request, parts.signedHeaders, coveredHash(body, received)).map((text) =>
          stringToSign(date, text),
        ),
    },
  };
}

/** Whether a signature is the HMAC of one of the texts under a secret; takes the same time wherever it differs. */
export function signatureMatches(signature: string, stringsToSign: readonly string[], secret: string): boolean {
  const received = Buffer.from(signature);

  return stringsToSign.some((text) => {
    const expected = Buffer.from(hmacHex(secret, text));

    return expected.length === received.length && timingSafeEqual(expected, received);
  });
}

export interface RequestToSign {
  readonly method: string;
  /** `Host` is taken from it; a `+` in its query is a space, as in a form. */
  readonly url: URL;
  /** Signed too, all of them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/**
 * The headers that sign a request, to be sent beside its own. The body's hash goes along in its header, so that a gateway can verify the
 * signature before it has the body.
 */
export function sign(request: RequestToSign, credential: AppCredential, now: Date): Record<string, string> {
  const date = formatDate(now);
  const bodySha256 = sha256Hex(request.body ?? '');
  const added = { 'X-Sdk-Date': date, 'X-Sdk-Content-Sha256': bodySha256 };
  const headers = [
    ...Object.entries(request.headers ?? {}),
    ...Object.entries(added),
    ['host', request.url.host] as const,
  ];
  const signedHeaders = headers.map(([name]) => name.toLowerCase()).sort();
  const [canonical = ''] = canonicalRequests(
    { method: request.method, path: request.url.pathname, query: [...request.url.searchParams], headers },
    signedHeaders,
    bodySha256,
  );
  const signature = hmacHex(credential.secret, stringToSign(date, canonical));

  return {
    ...added,
    Authorization: `${ALGORITHM} Access=${credential.key}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}

/** `YYYYMMDDTHHMMSSZ`, UTC. */
export function formatDate(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Milliseconds since the epoch, or undefined for what is no such date (a 13th month among them). */
function parseDate(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(iso);

  return Number.isNaN(time) || formatDate(new Date(time)) !== text ? undefined : time;
}

function parseAuthorization(header: string) {
  // The signature's case is fixed: two spellings of one signature would be one too many.
  const match =
    /^SDK-HMAC-SHA256[ \t]+Access=([^,\s]+),[ \t]?SignedHeaders=([^,\s]+),[ \t]?Signature=([0-9a-f]{64})$/.exec(header);
  const [, key, names, signature] = match ?? [];
  if (key === undefined || names === undefined || signature === undefined) {
    return undefined;
  }
  const signedHeaders = names.split(';');
  const named = signedHeaders.every((name) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name));

  return named ? { key, signedHeaders, signature } : undefined;
}

function declaredBody(headers: Pairs): CoveredBody | undefined {
  const [value, ...more] = headerValues(headers, BODY_HASH_HEADER);
  if (value === undefined) {
    return { kind: 'received' };
  }
  if (more.length > 0) {
    return undefined;
  }
  if (value.trim() === UNSIGNED_PAYLOAD) {
    return { kind: 'unsigned' };
  }

  return /^[0-9a-f]{64}$/.test(value.trim()) ? { kind: 'declared', sha256: value.trim() } : undefined;
}

export function coveredHash(body: CoveredBody, received: string): string {
  if (body.kind === 'declared') {
    return body.sha256;
  }

  return body.kind === 'unsigned' ? UNSIGNED_PAYLOAD : received;
}

export function stringToSign(date: string, canonical: string): string {
  return [ALGORITHM, date, sha256Hex(canonical)].join('\n');
}

function hmacHex(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function refused(fault: SignatureFault, reason: string): Reading {
  return { outcome: 'refused', fault, reason };
}
