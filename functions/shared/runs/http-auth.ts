import { randomUUID } from 'node:crypto';
import {
  type AccessToken,
  authorized,
  type HttpAddressed,
  type HttpAuth,
  type HttpSigned,
  readToken,
  secretTexts,
  TokenRefused,
  tokenRequest,
  withoutSecrets,
} from '../../../core/fdi/run-http-auth.ts';
import { environment } from '../environment.ts';
import { type GuardedTls, guardedExchange } from '../guarded-exchange.ts';
import { runSecret } from './run-secret.ts';

/** What a run's requests are let in by. */
export interface HttpAuthorizer {
  /** The request with what its server knows the task by. @throws InvalidSetting, TokenRefused, AddressRefused, HttpFailed */
  authorize(request: HttpSigned): Promise<HttpAddressed>;
  /** The server refused it: what is remembered is asked for anew. @returns whether there was anything to be forgotten */
  renew(): boolean;
  /** A text of the server's without what it was told in confidence. */
  clean(text: string): string;
}

export interface HttpAuthorizing {
  /** How the variables begin that name the secret: `<side>_SECRET_ARN`, `<side>_SECRET_KEY`, `<side>_TOKEN_URL`. */
  readonly side: 'SOURCE' | 'TARGET';
  readonly auth: HttpAuth;
  /** @default - the usual authorities */
  readonly tls?: () => Promise<GuardedTls>;
  readonly exchange?: typeof guardedExchange;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a request for a token may take, and its answer hold. */
const LIMITS = { timeMs: 15_000, maxBytes: 256 * 1024 } as const;

export function httpAuthorizer(options: HttpAuthorizing): HttpAuthorizer {
  const { side, auth, tls = async () => ({}), exchange = guardedExchange, now = Date.now } = options;
  /** Told to servers so far: none of it is to be seen in what they answer. */
  const told = new Set<string>();
  let token: (AccessToken & { readonly until: number }) | undefined;
  let isSecretOld = false;

  async function secret(): Promise<string> {
    const arn = environment(`${side}_SECRET_ARN`);
    const place = { arn, key: process.env[`${side}_SECRET_KEY`] };
    const text = isSecretOld
      ? await runSecret(place, side.toLowerCase(), 0)
      : await runSecret(place, side.toLowerCase());
    isSecretOld = false;
    for (const part of secretTexts(auth, text)) {
      told.add(part);
    }

    return text;
  }

  async function accessToken(own: Extract<HttpAuth, { kind: 'oauth2' }>): Promise<string> {
    if (token === undefined || now() >= token.until) {
      const url = tokenUrl(environment(`${side}_TOKEN_URL`));
      const { headers, body } = tokenRequest(own, await secret());
      const reply = await exchange({ method: 'POST', url, headers, body: Buffer.from(body) }, LIMITS, await tls());
      const status = reply.response.statusCode ?? 0;
      try {
        const given = readToken(status, reply.body.toString('utf8'));
        token = { ...given, until: now() + given.lifeMs };
      } catch (error) {
        throw error instanceof TokenRefused ? new TokenRefused(clean(error.message), error.passing) : error;
      }
      told.add(token.text);
    }

    return token.text;
  }

  function clean(text: string): string {
    return withoutSecrets(text, [...told]);
  }

  return {
    async authorize(request) {
      if (auth.kind === 'none') {
        return request;
      }

      const text = auth.kind === 'oauth2' ? await accessToken(auth) : await secret();

      return authorized(request, auth, text, { now: new Date(now()), nonce: randomUUID() });
    },

    renew() {
      token = undefined;
      isSecretOld = true;

      return auth.kind !== 'none';
    },

    clean,
  };
}

/**
 * The authorities that a side's server is trusted by: written in the stack, or in a secret; none are the usual ones. Read anew every few minutes.
 *
 * @param pem those of the stack
 */
export function authorities(side: HttpAuthorizing['side'], pem: string | undefined): () => Promise<GuardedTls> {
  return async () => {
    const arn = process.env[`${side}_CA_ARN`];
    const place = { arn: arn ?? '', key: process.env[`${side}_CA_KEY`] };
    const ca = arn === undefined ? pem : await runSecret(place, `${side.toLowerCase()}'s certificate authority`);

    return ca === undefined ? {} : { ca };
  };
}

function tokenUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TokenRefused('the address of the token’s server is no URL of http or https', false);
  }

  return url;
}
