import { type Duration, Token } from 'aws-cdk-lib';
import type { HttpPaging, HttpSource } from '../../core/fdi/run-http-source.ts';
import type { MetadataField } from '../../core/fdi/topic-task.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import type { Place } from '../platform/setting.ts';
import {
  authorityOf,
  checkUrl,
  giveAuthorities,
  giveHttpAuth,
  type HttpAuthority,
  type HttpAuthProps,
  httpAuthOf,
} from './http-auth.ts';

interface PageSizeProps {
  /**
   * The parameter that says how many records a page is to hold; it needs `size`.
   * @default - the API decides
   */
  readonly sizeField?: string;
  /** @default - the API decides */
  readonly size?: number;
  /**
   * The most pages of a run: one that would read more fails, since its paging is taken for wrong.
   * @default 10000
   */
  readonly maximum?: number;
}

interface PageFieldProps extends PageSizeProps {
  /** The parameter that names the page. */
  readonly field: string;
  /**
   * Whether it is a parameter of the query, or a member of the body.
   * @default 'query'
   */
  readonly in?: 'query' | 'body';
}

/** How the pages of an API are asked for. */
export type HttpPagingProps =
  | (PageFieldProps & {
      readonly by: 'page' | 'offset';
      /**
       * The first page's number or offset.
       * @default 1 by page, 0 by offset
       */
      readonly start?: number;
      /**
       * `empty`: a page without records is behind the last. `short`: one with fewer than `size` is the last; records are lost where an API gives fewer
       * than it was asked for.
       * @default 'empty'
       */
      readonly until?: 'empty' | 'short';
    })
  /** `path`: where an answer has what the next question repeats. The last answer has none. */
  | (PageFieldProps & { readonly by: 'cursor'; readonly path: string })
  /** `path`: where an answer has the next page's URL; without it that is in its `Link` header (`rel="next"`). */
  | (PageSizeProps & { readonly by: 'link'; readonly path?: string });

/** An HTTP API as a source: its answers hold records. */
export interface HttpSourceProps {
  readonly http: {
    /** `https://erp.example.com/api/orders`; may be known only at deployment. */
    readonly url: string;
    /** @default 'GET' */
    readonly method?: HttpSource['method'];
    /**
     * Parameters. `{{since}}`, here, in `headers` and in `body`, is where the increment begins; a parameter that holds it is left out by the first
     * run, unless `initial` says where that begins.
     * @default - none
     */
    readonly query?: HttpSource['query'];
    /** @default - `Accept`, and `Content-Type` with a body */
    readonly headers?: HttpSource['headers'];
    /** @default - none */
    readonly body?: string;
    /** @default - no login */
    readonly auth?: HttpAuthProps;
    /** @default 'JSON' */
    readonly dataType?: HttpSource['dataType'];
    /**
     * Where an answer has its list of records: `data.items`.
     * @default '$', the whole answer
     */
    readonly records?: string;
    /** @default - one answer has all records */
    readonly paging?: HttpPagingProps;
    /**
     * The most bytes of one answer, up to 20 MiB; of XML 1 MiB is read.
     * @default 5 MiB
     */
    readonly maxBytes?: number;
    /**
     * How long one answer may take.
     * @default Duration.seconds(30)
     */
    readonly timeout?: Duration;
    /** @default - the usual authorities */
    readonly certificateAuthority?: HttpAuthority;
  };
  /** The paths that tell records apart: `['id']`. */
  readonly key: readonly string[];
  /**
   * What is read of a record: alias, type, path.
   * @default - the members of the first page's records, by their names
   */
  readonly fields?: readonly MetadataField[];
  /**
   * Asks only for what a growing field says is new.
   * @default - everything each time
   */
  readonly increment?: {
    /** Its path in a record: a date and time, or a whole number. */
    readonly field: string;
    /** @default - the first run asks for everything */
    readonly initial?: string;
    /**
     * How far before the greatest value each run begins: for dates and times a duration, for numbers a number.
     * @default 0
     */
    readonly overlap?: Duration | number;
  };
  /**
   * How dates and times without an offset are meant; they are written in UTC.
   * @default 'UTC', which carries them as they are
   */
  readonly timeZone?: string;
  readonly table?: never;
  readonly database?: never;
  readonly redis?: never;
  readonly mongodb?: never;
  readonly files?: never;
}

const MEBIBYTE = 1024 * 1024;

/** What the runner is told of it. */
export function httpSourceOf({ http, key, fields, increment, timeZone = 'UTC' }: HttpSourceProps): HttpSource {
  const { method = 'GET', query = {}, headers = {}, body, auth, dataType = 'JSON', records = '$', paging } = http;
  const overlap = increment?.overlap ?? 0;

  return {
    kind: 'http',
    ...{ url: Token.isUnresolved(http.url) ? '' : http.url, method, query, headers, dataType, records, key, timeZone },
    ...(body !== undefined && { body }),
    paging: pagingOf(paging),
    maxPages: paging?.maximum ?? 10_000,
    maxBytes: http.maxBytes ?? 5 * MEBIBYTE,
    timeoutSeconds: http.timeout?.toSeconds() ?? 30,
    ...(fields !== undefined && { fields }),
    ...(increment !== undefined && {
      increment: {
        field: increment.field,
        ...(increment.initial !== undefined && { initial: increment.initial }),
        overlap: typeof overlap === 'number' ? overlap : overlap.toSeconds(),
      },
    }),
    auth: httpAuthOf(auth),
    ...authorityOf(http.certificateAuthority),
  };
}

function pagingOf(props: HttpPagingProps | undefined): HttpPaging {
  if (props === undefined) {
    return { by: 'none' };
  }
  const { maximum: _maximum, ...rest } = props;
  if (rest.by === 'link') {
    return rest;
  }
  if (rest.by === 'cursor') {
    return { ...rest, in: rest.in ?? 'query' };
  }

  return {
    ...rest,
    in: rest.in ?? 'query',
    start: rest.start ?? (rest.by === 'page' ? 1 : 0),
    until: rest.until ?? 'empty',
  };
}

/** Lets the runner read the API's secrets, and nothing else: what it may do there, the API knows. */
export function joinHttp(place: Place, runner: HandlerFunction, { http }: HttpSourceProps): void {
  const url = checkUrl(place, 'source.http.url', http.url);
  if (Token.isUnresolved(url)) {
    runner.variable('SOURCE_URL', url);
  }
  giveAuthorities(place, runner, 'SOURCE', http.certificateAuthority);
  giveHttpAuth(place, runner, 'SOURCE', http.auth);
}
