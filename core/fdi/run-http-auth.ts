import { OF_THE_CONNECTION, OF_THE_PLATFORM } from '../apic/http-backend.ts';
import { percentEncode } from '../apic/percent-encoding.ts';
import { type AppCredential, sign } from '../apic/signature.ts';
import { InvalidSetting } from '../errors.ts';

/** How a server of HTTP is told who asks. What is secret is in Secrets Manager, and known to the function only. */
export type HttpAuth =
  | { readonly kind: 'none' }
  /** The secret is the password. RFC 7617 */
  | { readonly kind: 'basic'; readonly user: string }
  /** The secret is the token. RFC 6750 */
  | { readonly kind: 'bearer' }
  /** The secret is the key. */
  | { readonly kind: 'api-key'; readonly in: 'header' | 'query'; readonly name: string }
  /** The secret is an app's, `{key, secret}`: requests are signed by it, as callers of APIs of ours sign them. */
  | { readonly kind: 'app' }
  /** The secret is the client's; with it a token is asked for, and again before it ends. RFC 6749, 4.4 */
  | {
      readonly kind: 'oauth2';
      readonly clientId: string;
      readonly scope?: string;
      readonly audience?: string;
      /** Where the client's id and secret stand in the request for a token: most servers take both. */
      readonly credentials: 'header' | 'body';
    };

/** What a request says, as far as authentication has to do with it. */
export interface HttpAddressed {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a signature covers beside. */
export interface HttpSigned extends HttpAddressed {
  readonly method: string;
  readonly body?: Uint8Array;
}

/** What makes a signature another one than any before. */
export interface HttpMoment {
  readonly now: Date;
  readonly nonce: string;
}

/** A token as its server gave it. */
export interface AccessToken {
  readonly text: string;
  /** How long it may be used, in milliseconds. */
  readonly lifeMs: number;
}

/** The server of tokens gave none; the message holds no secret. `passing`: it may in a moment. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

/** RFC 9110, 5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** What is sent as a header or in a form, and is no secret. */
const PLAIN = /^[\x20-\x7e]{1,1000}$/;
/** A server that says nothing of it means as long as usual; asked for again a minute before. */
const USUAL_LIFE_S = 3600;
const EARLY_S = 60;
const NONCE_HEADER = 'x-sdk-nonce';

/** @param where the setting's place, for the message. @throws InvalidSetting for what no server can understand */
export function checkHttpAuth(auth: HttpAuth, where: string): void {
  if (auth.kind === 'basic' && (!PLAIN.test(auth.user) || auth.user.includes(':'))) {
    throw new InvalidSetting(`${where}.basic.user`, auth.user, 'text in ASCII without a colon (RFC 7617)');
  }
  if (auth.kind === 'api-key') {
    checkKeyName(auth, where);
  }
  if (auth.kind === 'oauth2') {
    for (const name of ['clientId', 'scope', 'audience'] as const) {
      const value = auth[name];
      if (value !== undefined && !PLAIN.test(value)) {
        throw new InvalidSetting(`${where}.oauth2.${name}`, value, 'text in ASCII');
      }
    }
  }
}

function checkKeyName({ in: place, name }: Extract<HttpAuth, { kind: 'api-key' }>, where: string): void {
  const isTaken = OF_THE_CONNECTION.has(name.toLowerCase()) || OF_THE_PLATFORM.has(name.toLowerCase());
  if (!TOKEN.test(name) || (place === 'header' && isTaken)) {
    throw new InvalidSetting(
      `${where}.apiKey.${place}`,
      name,
      `the name of a ${place} that the server reads the key from`,
    );
  }
}

/**
 * The request with what its server knows the caller by.
 *
 * @param secret the password, token or key; with OAuth the token that was given
 */
export function authorized(request: HttpSigned, auth: HttpAuth, secret: string, moment: HttpMoment): HttpAddressed {
  const { url, headers } = request;
  switch (auth.kind) {
    case 'none':
      return { url, headers };
    case 'app':
      return { url, headers: { ...headers, ...signed(request, secret, moment) } };
    case 'basic':
      return { url, headers: { ...headers, authorization: basic(auth.user, secret) } };
    case 'bearer':
    case 'oauth2':
      return { url, headers: { ...headers, authorization: `Bearer ${sendable(secret)}` } };
    case 'api-key': {
      if (auth.in === 'header') {
        return { url, headers: { ...headers, [auth.name.toLowerCase()]: sendable(secret) } };
      }
      const own = new URL(url);
      own.search += `${own.search === '' ? '?' : '&'}${percentEncode(auth.name)}=${percentEncode(secret)}`;

      return { url: own, headers };
    }
  }
}

/** One signature lets in once: the same request a second later needs another one. */
function signed({ method, url, body }: HttpSigned, secret: string, { now, nonce }: HttpMoment): Record<string, string> {
  const own = { [NONCE_HEADER]: nonce };
  const headers = sign({ method, url, headers: own, ...(body && { body }) }, appCredential(secret), now);

  return Object.fromEntries(Object.entries({ ...own, ...headers }).map(([name, value]) => [name.toLowerCase(), value]));
}

function appCredential(secret: string): AppCredential {
  const { key, secret: text } = parsed(secret);
  if (typeof key !== 'string' || typeof text !== 'string' || !PLAIN.test(key) || text === '') {
    throw new InvalidSetting(
      'secret of the app',
      `${secret.length} characters`,
      'JSON with `key` and `secret`, as of an IntegrationApp',
    );
  }

  return { key, secret: text };
}

/** Asks for a token: a form, as RFC 6749 has it. */
export function tokenRequest(
  { clientId, scope, audience, credentials }: Extract<HttpAuth, { kind: 'oauth2' }>,
  secret: string,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const inBody = credentials === 'body' ? { client_id: clientId, client_secret: secret } : {};
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...inBody,
  });

  return {
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      // Encoded as in a form first: RFC 6749, 2.3.1.
      ...(credentials === 'header' && { authorization: basic(formEncoded(clientId), formEncoded(secret)) }),
    },
    body: form.toString(),
  };
}

/** @throws TokenRefused when the answer holds none */
export function readToken(status: number, text: string): AccessToken {
  const fields = parsed(text);
  if (status < 200 || status > 299) {
    const passing = status === 408 || status === 429 || status >= 500;
    throw new TokenRefused(`the token's server answered ${status}${errorOf(fields)}`, passing);
  }
  const { access_token: token, expires_in: life, token_type: type = 'Bearer' } = fields;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || !/^bearer$/i.test(String(type))) {
    throw new TokenRefused(`the token's server answered ${status} without an access_token of type Bearer`, false);
  }
  const seconds = Number(life ?? USUAL_LIFE_S);
  const lasting = Number.isFinite(seconds) && seconds > 0 ? seconds : USUAL_LIFE_S;

  return { text: token, lifeMs: Math.max(lasting - EARLY_S, lasting / 2) * 1000 };
}

/** Everything a request is recognised by: what none of these texts may be found in. */
export function secretTexts(auth: HttpAuth, secret: string): readonly string[] {
  const texts = toldTexts(auth, secret);

  return [...texts, ...texts.map(percentEncode)].filter((text) => text !== '');
}

function toldTexts(auth: HttpAuth, secret: string): readonly string[] {
  if (auth.kind === 'app') {
    return [appCredential(secret).secret];
  }

  return auth.kind === 'basic' ? [secret, basic(auth.user, secret).slice('Basic '.length)] : [secret];
}

/** What a server answers may be what it was told. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets)]
    .sort((one, other) => other.length - one.length)
    .reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/** A line's end behind a key, as editors leave it, would be read as the next header. */
function sendable(secret: string): string {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret)) {
    throw new InvalidSetting(
      'secret of the HTTP server',
      `${secret.length} characters`,
      'ASCII in one line, without blanks around it: it is sent as a header',
    );
  }

  return secret;
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** `error` and `error_description` of RFC 6749, 5.2: meant for people, and about the request. */
function errorOf({ error, error_description: description }: Readonly<Record<string, unknown>>): string {
  const said = [error, description].filter((text) => typeof text === 'string').join(': ');

  return said === '' ? '' : `: ${said.slice(0, 200)}`;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);

    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
