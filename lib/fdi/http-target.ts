import { type Duration, Token } from 'aws-cdk-lib';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import type { HttpTarget } from '../../core/fdi/run-http-target.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';
import { checkUrl, giveHttpAuth, type HttpAuthProps, httpAuthOf } from './http-auth.ts';

/** An HTTP API as a target: each record becomes a request, one after the other. */
export interface HttpTargetProps {
  readonly http: {
    /** `https://erp.example.com/api`; may be known only at deployment. */
    readonly url: string;
    /**
     * Behind it, with its query: `/orders/{OrderId}`, names of the mapping in braces, whose values are encoded.
     * @default - nothing
     */
    readonly path?: string;
    /** @default 'POST' */
    readonly method?: HttpTarget['method'];
    /** @default - `Accept`, and `Content-Type` with a body: JSON */
    readonly headers?: HttpTarget['headers'];
    /** @default - no login */
    readonly auth?: HttpAuthProps;
    /**
     * Whether the record, an object of what is mapped, is the body.
     * @default true; false with DELETE
     */
    readonly body?: boolean;
    /**
     * So many records in one request, as a list; `path` says where in an object it stands: `data.items`.
     * @default - a request for each record
     */
    readonly batch?: HttpTarget['batch'];
    /**
     * The statuses that say it is done: `[200, 409]`, `['200-299']`.
     * @default ['200-299']
     */
    readonly success?: readonly (number | string)[];
    /**
     * The header that carries what is the same whenever a request is sent again; false for none.
     * @default 'Idempotency-Key'
     */
    readonly idempotencyHeader?: string | false;
    /**
     * How long one answer may take, up to 2 minutes.
     * @default Duration.seconds(30)
     */
    readonly timeout?: Duration;
    /**
     * PEM: the authorities that certify it, in place of the usual ones.
     * @default - the usual ones
     */
    readonly certificateAuthority?: string;
  };
}

/** What the runner is told of it. */
export function httpTargetOf({ http }: HttpTargetProps): HttpTarget {
  const { url, path = '', method = 'POST', headers = {}, auth, batch, success = ['200-299'], timeout } = http;
  const { body = method !== 'DELETE', idempotencyHeader = 'Idempotency-Key', certificateAuthority: ca } = http;

  return {
    kind: 'http',
    place: Token.isUnresolved(url) ? '' : placeOf(url),
    ...{ method, path, headers, auth: httpAuthOf(auth), hasBody: body },
    ...(batch !== undefined && { batch }),
    success: success.map(rangeOf),
    ...(idempotencyHeader !== false && { idempotencyHeader }),
    timeoutSeconds: timeout?.toSeconds() ?? 30,
    ...(ca !== undefined && { ca }),
  };
}

/** Tells the runner where the API is, and lets it read the API's secret. */
export function joinHttpTarget(place: Place, runner: HandlerFunction, { http }: HttpTargetProps): void {
  const url = checkUrl(place, 'target.http.url', http.url);
  if (!Token.isUnresolved(url) && new URL(url).search !== '') {
    throw invalid(place, 'target.http.url', url, 'no query: it stands in `path`');
  }
  runner.variable('TARGET_URL', url);
  giveHttpAuth(place, runner, 'TARGET', http.auth);
  if (http.certificateAuthority !== undefined) {
    const where = typeof place === 'string' ? place : place.node.path;
    certificateAuthorities(`${where}: target.http.certificateAuthority`, http.certificateAuthority);
  }
}

function placeOf(url: string): string {
  const { host = url, pathname = '' } = URL.parse(url) ?? {};

  return `${host}${pathname.replace(/\/+$/, '')}`;
}

/** What is no status is refused with the other settings. */
function rangeOf(status: number | string): readonly [number, number] {
  const [, from, to] = /^(\d{3})(?:-(\d{3}))?$/.exec(String(status)) ?? [];

  return [Number(from ?? 0), Number(to ?? from ?? 0)];
}
