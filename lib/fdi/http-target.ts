import { type Duration, Token } from 'aws-cdk-lib';
import type { HttpTarget, HttpTargetTest } from '../../core/fdi/run-http-target.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';
import {
  authorityOf,
  checkUrl,
  giveAuthorities,
  giveHttpAuth,
  type HttpAuthority,
  type HttpAuthProps,
  httpAuthOf,
} from './http-auth.ts';

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
    /** @default - the usual authorities */
    readonly certificateAuthority?: HttpAuthority;
    /**
     * What `causeway datasource test` asks for, and a start of the task that was not tested yet: a request that leaves nothing behind, and is answered
     * only to who may write, such as `{ path: '/orders?dryRun=true', method: 'POST', body: '{}' }`.
     * @default - OPTIONS, which proves the way, the certificate and an OAuth login, and not the right to write
     */
    readonly test?: {
      /** @default 'GET' */
      readonly method?: HttpTargetTest['method'];
      /**
       * Behind `url`, with its query.
       * @default - nothing
       */
      readonly path?: string;
      /** @default - none */
      readonly body?: string;
      /** @default ['200-299'] */
      readonly success?: readonly (number | string)[];
    };
  };
}

/** What the runner is told of it. */
export function httpTargetOf({ http }: HttpTargetProps): HttpTarget {
  const { url, path = '', method = 'POST', headers = {}, auth, batch, success = ['200-299'], timeout } = http;
  const { body = method !== 'DELETE', idempotencyHeader = 'Idempotency-Key', certificateAuthority, test } = http;

  return {
    kind: 'http',
    place: Token.isUnresolved(url) ? '' : placeOf(url),
    ...{ method, path, headers, auth: httpAuthOf(auth), hasBody: body },
    ...(batch !== undefined && { batch }),
    success: success.map(rangeOf),
    ...(idempotencyHeader !== false && { idempotencyHeader }),
    timeoutSeconds: timeout?.toSeconds() ?? 30,
    ...authorityOf(certificateAuthority),
    ...(test !== undefined && { test: testOf(test) }),
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
  giveAuthorities(place, runner, 'TARGET', http.certificateAuthority);
}

function testOf(test: NonNullable<HttpTargetProps['http']['test']>): HttpTargetTest {
  const { method = 'GET', path = '', body, success = ['200-299'] } = test;

  return { method, path, ...(body !== undefined && { body }), success: success.map(rangeOf) };
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
