import { TokenRefused } from '../../../core/fdi/run-http-auth.ts';
import { ApiFault, placeOf } from '../../../core/fdi/run-http-fault.ts';
import type { ApiAnswer, ApiRequest } from '../../../core/fdi/run-http-request.ts';
import type { HttpSource } from '../../../core/fdi/run-http-source.ts';
import { type GuardedTls, guardedExchange, HttpFailed } from '../guarded-exchange.ts';
import { authorities, type HttpAuthorizer, httpAuthorizer } from './http-auth.ts';

/** How a source's API is asked. */
export type AskApi = (request: ApiRequest, timeMs: number) => Promise<ApiAnswer>;

export interface ApiPorts {
  readonly authorizer: HttpAuthorizer;
  readonly exchange: typeof guardedExchange;
  /** @default - the usual authorities */
  readonly tls?: () => Promise<GuardedTls>;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Trust does not come by waiting. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
export const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|HOSTNAME_MISMATCH/;

/** Each request anew with its login; one that is refused (401) once more with a login that is read or asked for anew. */
export function askApi(source: HttpSource, ports: ApiPorts = portsOf(source)): AskApi {
  const { authorizer } = ports;

  return async (request, timeMs) => {
    try {
      const answer = await followed(source, ports, request, timeMs);
      const again = answer.status === 401 && authorizer.renew();

      return cleaned(authorizer, again ? await followed(source, ports, request, timeMs) : answer);
    } catch (error) {
      throw asFault(error, source, authorizer);
    }
  };
}

function portsOf({ auth, ca }: HttpSource): ApiPorts {
  const tls = authorities('SOURCE', ca);

  return { authorizer: httpAuthorizer({ side: 'SOURCE', auth, tls }), exchange: guardedExchange, tls };
}

/** Along redirects, each of which is judged like the first address; the login goes to the declared host only. */
async function followed(
  { url: declared, maxBytes }: HttpSource,
  { authorizer, exchange, tls = async () => ({}) }: ApiPorts,
  { method, url, headers, body }: ApiRequest,
  timeMs: number,
): Promise<ApiAnswer> {
  const deadline = performance.now() + timeMs;
  const { origin } = new URL(declared);
  const sent = body === undefined ? {} : { body: Buffer.from(body) };
  let next = new URL(url);
  for (let redirects = 0; ; redirects += 1) {
    const request = { method, url: next, headers, ...sent };
    const asked = next.origin === origin ? await authorizer.authorize(request) : request;
    const { response, body: bytes } = await exchange(
      { method, url: asked.url, headers: asked.headers, ...sent },
      { timeMs: Math.max(1, deadline - performance.now()), maxBytes, keep: true },
      await tls(),
    );
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!REDIRECTS.includes(status) || location === undefined) {
      return { status, headers: headersOf(response.headers), body: bytes, url: next.href };
    }
    next = redirected(next, location, { status, method, redirects });
  }
}

function redirected(
  from: URL,
  location: string,
  { status, method, redirects }: { readonly status: number; readonly method: string; readonly redirects: number },
): URL {
  const to = URL.parse(location, from.href);
  const place = placeOf(from.href);
  if (to === null || !/^https?:$/.test(to.protocol) || (from.protocol === 'https:' && to.protocol === 'http:')) {
    throw new ApiFault('lasting', `${place} redirects to what is no address of https: ${location.slice(0, 200)}`);
  }
  if (method !== 'GET' && status < 307) {
    throw new ApiFault(
      'lasting',
      `${place} redirects (${status}) a ${method}: the URL of the source is another one by now`,
    );
  }
  if (redirects >= MAX_REDIRECTS) {
    throw new ApiFault('lasting', `${place} redirects more than ${MAX_REDIRECTS} times`);
  }

  return to;
}

function headersOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')] as const],
    ),
  );
}

/** What an API refuses with is shown to people, and may be what it was told. */
function cleaned(authorizer: HttpAuthorizer, answer: ApiAnswer): ApiAnswer {
  if (answer.status >= 200 && answer.status <= 299) {
    return answer;
  }

  return { ...answer, body: Buffer.from(authorizer.clean(Buffer.from(answer.body).toString('utf8'))) };
}

function asFault(error: unknown, { maxBytes }: HttpSource, authorizer: HttpAuthorizer): unknown {
  if (error instanceof HttpFailed) {
    if (error.kind === 'too-large') {
      return new ApiFault(
        'lasting',
        `an answer is larger than ${maxBytes} bytes (source.maxBytes): ask for smaller pages`,
        {
          cause: error,
        },
      );
    }
    const code = String((error.cause as { code?: unknown } | undefined)?.code ?? '');

    return new ApiFault(CERTIFICATE.test(code) ? 'lasting' : 'passing', authorizer.clean(error.message), {
      cause: error,
    });
  }
  if (error instanceof TokenRefused) {
    return new ApiFault(error.passing ? 'passing' : 'lasting', error.message, { cause: error });
  }

  return error;
}
