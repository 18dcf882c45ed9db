import { timingSafeEqual } from 'node:crypto';
import type { ApiDefinition, AppScheme } from './api-definition.ts';
import { readAppToken } from './app-token.ts';
import { headerValue, headerValues, type SignableRequest, sha256Hex } from './canonical-request.ts';
import { isSignature } from './signature.ts';

/** Whether a caller has shown that it knows this secret. */
export type Proof = (secret: string) => boolean;

/** What a call shows of its caller. `key` names an app and proves nothing. */
export type Credential =
  | { readonly kind: 'signature' }
  | { readonly kind: 'proof'; readonly scheme: AppScheme; readonly key: string; readonly proof: Proof }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'key'; readonly key: string }
  /** The reason is for the log. */
  | { readonly kind: 'unfit'; readonly reason: string };

type Reader = (request: SignableRequest, now: Date) => Credential | undefined;

/** In the order in which they are looked for: the first that a call brings and the API accepts decides, whatever else it brings. */
const READERS: Readonly<Record<AppScheme, Reader>> = {
  signature: (request) =>
    isSignature(headerValue(request.headers, 'authorization')) ? { kind: 'signature' } : undefined,
  basic: readBasic,
  jwt: readJwt,
  secret: readSecretHeaders,
  appCode: (request) => single(request, 'x-apig-appcode', (code) => ({ kind: 'code', code })),
  apikey: (request) => single(request, 'apikey', (key) => ({ kind: 'key', key })),
};

export const APP_SCHEMES = Object.keys(READERS) as readonly AppScheme[];

/** The headers that each takes. */
export const SCHEME_HEADERS: Readonly<Record<AppScheme, readonly string[]>> = {
  signature: ['Authorization', 'X-Sdk-Content-Sha256', 'X-Sdk-Date'],
  basic: ['Authorization'],
  jwt: ['Authorization', 'Timestamp'],
  secret: ['X-HW-AppKey', 'X-HW-ID'],
  appCode: ['X-Apig-AppCode'],
  apikey: ['apikey'],
};

export function schemesOf({ schemes, appCode }: Pick<ApiDefinition, 'schemes' | 'appCode'>): readonly AppScheme[] {
  return schemes ?? (appCode ? ['signature', 'appCode'] : ['signature']);
}

/**
 * What a call shows of its caller. A signature is looked at first, also where the API accepts none: a bad one is not saved by an AppCode
 * beside it. An `Authorization` header of a scheme the API does not accept is the backend's business and stands in nobody's way.
 */
export function readCredential(
  request: SignableRequest,
  api: Pick<ApiDefinition, 'schemes' | 'appCode'>,
  now: Date,
): Credential {
  const accepted = schemesOf(api);
  if (READERS.signature(request, now) !== undefined) {
    return accepted.includes('signature') ? { kind: 'signature' } : unfit('the API accepts no signature');
  }
  for (const scheme of APP_SCHEMES.filter((one) => accepted.includes(one))) {
    const credential = READERS[scheme](request, now);
    if (credential !== undefined) {
      return credential;
    }
  }
  const others = APP_SCHEMES.filter((scheme) => READERS[scheme](request, now) !== undefined);

  return unfit(`the call brings ${others.join(', ') || 'no credentials'}, the API accepts ${accepted.join(', ')}`);
}

/** Over hashes, which are of one length and tell nothing of how much is right. */
export function sameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(given), 'hex'), Buffer.from(sha256Hex(secret), 'hex'));
}

/** RFC 7617: `Authorization: Basic base64(key:secret)`. */
function readBasic(request: SignableRequest): Credential | undefined {
  const [, encoded] =
    /^Basic +([A-Za-z0-9+/]*={0,2})$/i.exec(headerValue(request.headers, 'authorization') ?? '') ?? [];
  if (encoded === undefined) {
    return undefined;
  }
  if (headerValues(request.headers, 'authorization').length > 1) {
    return unfit('several Authorization headers');
  }
  const [, key, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  if (key === undefined || secret === undefined) {
    return unfit('the Basic credentials hold no colon');
  }

  return { kind: 'proof', scheme: 'basic', key, proof: (known) => sameSecret(secret, known) };
}

/** `X-HW-ID: <AppKey>`, `X-HW-AppKey: <AppSecret>`. */
function readSecretHeaders({ headers }: SignableRequest): Credential | undefined {
  const [keys, secrets] = [headerValues(headers, 'x-hw-id'), headerValues(headers, 'x-hw-appkey')];
  const [[key], [secret]] = [keys, secrets];
  if (key === undefined || secret === undefined) {
    return undefined;
  }
  if (keys.length + secrets.length > 2) {
    return unfit('several X-HW-ID or X-HW-AppKey');
  }

  return { kind: 'proof', scheme: 'secret', key, proof: (known) => sameSecret(secret, known) };
}

/** `Authorization: <token>`, `Timestamp: <the token's>`. */
function readJwt({ headers }: SignableRequest, now: Date): Credential | undefined {
  const [tokens, timestamps] = [headerValues(headers, 'authorization'), headerValues(headers, 'timestamp')];
  const [[token], [timestamp]] = [tokens, timestamps];
  if (token === undefined || timestamp === undefined) {
    return undefined;
  }
  if (tokens.length + timestamps.length > 2) {
    return unfit('several Authorization or Timestamp headers');
  }
  const reading = readAppToken(token.replace(/^Bearer +/i, ''), timestamp, now);

  return 'reason' in reading
    ? unfit(reading.reason)
    : { kind: 'proof', scheme: 'jwt', key: reading.appId, proof: reading.isSignedWith };
}

function single(
  { headers }: SignableRequest,
  name: string,
  credential: (value: string) => Credential,
): Credential | undefined {
  const [value, ...more] = headerValues(headers, name);
  if (value === undefined) {
    return undefined;
  }

  return more.length > 0 ? unfit(`several headers ${name}`) : credential(value);
}

function unfit(reason: string): Credential {
  return { kind: 'unfit', reason };
}
