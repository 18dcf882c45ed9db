import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { EnvironmentCredentials } from './environment-credentials.ts';

/** More than the services one function asks. */
const MAX_KEYS = 16;

/** A request as it is signed, everything in it as it will be sent. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query encoded; the query's parameters in order of their names. */
  readonly url: URL;
  /** Names in lower case; `host` and the date are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Signer {
  /** As the credential scope has it: `dynamodb`, `s3`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: EnvironmentCredentials;
  readonly now: Date;
}

/**
 * Signature Version 4: the request's headers, the signature among them (D:IAM/latest/UserGuide/reference_sigv-create-signed-request).
 * For functions that ask one service one question: the SDK's signer alone would be four times the consumer's own code.
 */
export function signRequest(
  { method, url, headers, body }: UnsignedRequest,
  { service, region, credentials, now }: Signer,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const bodyHash = sha256(body);
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = signingKey([day, region, service], secretAccessKey);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;

  return { ...signed, authorization };
}

const keys = new Map<string, KeyObject>();

/** A day's key; it is good for all requests of the day, so it is kept until another credential's takes its place. */
function signingKey(scope: readonly [day: string, region: string, service: string], secret: string): KeyObject {
  const name = JSON.stringify([secret, ...scope]);
  const known = keys.get(name);
  if (known !== undefined) {
    return known;
  }
  const [day, ...rest] = scope;
  // As an object of its own: given as bytes, each signature would spend most of its time on making one.
  const key = createSecretKey([...rest, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, day)));
  if (keys.size >= MAX_KEYS) {
    keys.clear();
  }
  keys.set(name, key);

  return key;
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return hash('sha256', text);
}
