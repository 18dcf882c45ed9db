import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far, in milliseconds, a token's timestamp may lie from now, either way: as far as the date of a signature. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const HEADER = encoded({ typ: 'JWT', alg: 'HS256' });

/** A token whose form and time are right; only a secret can tell whether it is true. */
export interface AppToken {
  readonly appId: string;
  readonly isSignedWith: (appKey: string) => boolean;
}

/**
 * A token that names an app and proves that its secret is known: a JWT (RFC 7519), signed HS256 with the secret, whose claims are `appId`
 * and `timestamp`. The reference publishes the signature of its function only (apic-dev-190603061), not what is in it.
 *
 * @param appId the AppKey
 * @param appKey the AppSecret
 * @param timestamp milliseconds since 1970; seconds are understood too
 */
export function createAppToken(appId: string, appKey: string, timestamp: string): string {
  const text = `${HEADER}.${encoded({ appId, timestamp })}`;

  return `${text}.${hmac(appKey, text)}`;
}

/** @param timestamp the header's: it must be the token's. The reason of a refusal is for the log */
export function readAppToken(token: string, timestamp: string, now: Date): AppToken | { readonly reason: string } {
  const [, head = '', claims = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (decoded(head)['alg'] !== 'HS256') {
    return { reason: 'the token is no JWT signed with HS256' };
  }
  const { appId, timestamp: claimed, exp } = decoded(claims);
  if (typeof appId !== 'string' || appId === '' || claimed === undefined || String(claimed) !== timestamp.trim()) {
    return { reason: 'the token has no appId, or its timestamp is not that of the header Timestamp' };
  }
  const time = timeOf(timestamp.trim());
  if (time === undefined || Math.abs(now.getTime() - time) > MAX_SKEW_MS) {
    return { reason: `the timestamp ${timestamp} is more than 15 minutes from ${now.getTime()}, or no number` };
  }
  if (exp !== undefined && !(typeof exp === 'number' && exp * 1000 > now.getTime())) {
    return { reason: 'the token has expired' };
  }

  return {
    appId,
    isSignedWith: (appKey) => {
      const [expected, given] = [Buffer.from(hmac(appKey, `${head}.${claims}`)), Buffer.from(signature)];

      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
}

/** Ten digits are seconds, thirteen are milliseconds. */
function timeOf(timestamp: string): number | undefined {
  if (!/^(\d{10}|\d{13})$/.test(timestamp)) {
    return undefined;
  }

  return timestamp.length === 10 ? Number(timestamp) * 1000 : Number(timestamp);
}

function decoded(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
