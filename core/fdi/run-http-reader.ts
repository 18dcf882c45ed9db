import { createHash } from 'node:crypto';
import { parseJson } from './json.ts';
import type { PayloadParser } from './message.ts';
import { type Path, parsePath, type ValueAt, valueAt } from './path.ts';
import { Rejection } from './rejection.ts';
import { declaredFields, foundFields } from './run-fields.ts';
import { ApiFault, apiFault, placeOf, statusFault } from './run-http-fault.ts';
import { earlier, greater, markText } from './run-http-mark.ts';
import { type ApiAnswer, type ApiRequest, nextPage, type PageName, pageRequest } from './run-http-request.ts';
import type { HttpSource } from './run-http-source.ts';
import type { Checkpoint, SourcePage, SourceReader, SourceRecord } from './run-ports.ts';

/** Where a run is: which page, and how much of it is written. */
interface Place {
  /** Of which declaration it is. */
  readonly of: string;
  readonly since: string | null;
  /** The greatest value of the growing field so far. */
  readonly upper: string | null;
  readonly page: PageName;
  /** How many of the run's pages were read before it. */
  readonly pages: number;
  /** Records of it that are written. */
  readonly index: number;
  /** What they were among: another content means that the API's pages have shifted. */
  readonly hash: string | null;
  /** The page before it, and how often that came in a row. */
  readonly last: string | null;
  readonly same: number;
  /** Something was read before this run, or is read again. */
  readonly again: boolean;
}

interface Mark {
  readonly of: string;
  readonly upper: string | null;
}

interface Fetched {
  /** What was asked. */
  readonly key: string;
  readonly records: readonly SourceRecord[];
  readonly next: PageName | undefined;
  readonly hash: string;
  readonly bytes: number;
}

export interface HttpReading {
  readonly source: HttpSource;
  /** The most records of one page of the run. */
  readonly pageSize: number;
  /** Sends a request, with the login. @throws ApiFault when no answer came */
  readonly ask: (request: ApiRequest, timeMs: number) => Promise<ApiAnswer>;
  /** Needed for a source of XML. */
  readonly xml?: PayloadParser;
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** An API that gives the same page so often in a row knows no other. */
const MAX_SAME = 3;
/** What asks to be left alone for longer ends the attempt; the next goes on. */
const MAX_WAIT_MS = 120_000;
const FIRST_WAIT_MS = 1000;
/** To learn the names of a source's fields. */
const LOOK_MS = 20_000;

/** Records of an HTTP API, page by page. A run that is resumed asks for the page it was at, and compares it with what it was. */
export function httpReader({ source, pageSize, ask, xml, pause, now }: HttpReading): SourceReader {
  const { increment } = source;
  const records = parsePath(source.records, 'records');
  const keys = source.key.map((path) => ({ path, steps: parsePath(path, 'key') }));
  const growing = increment === undefined ? undefined : parsePath(increment.field, 'increment.field');
  const at = xml?.valueAt ?? valueAt;
  const label =
    placeOf(source.url)
      .split('/')
      .findLast((part) => part !== '') ?? '';
  const subject = hashOf(JSON.stringify([source.url, source.method, increment?.field ?? null]));
  const own = hashOf(JSON.stringify([subject, source.query, source.body, source.records, source.paging]));
  let kept: Fetched | undefined;
  /** It was asked for its fields, and is what the run begins with. */
  let isFirstKept = false;

  async function fetched(page: PageName, since: string | null, timeMs: number): Promise<Fetched> {
    const request = pageRequest(source, page, since);
    const key = JSON.stringify([request.url, request.body, request.headers]);
    if (kept?.key === key) {
      return kept;
    }
    const answer = await answered(request, timeMs);
    const value = parsed(source, answer, xml);
    const found = recordsOf(source, value, records, at);
    const hash = hashOf(JSON.stringify(found));
    kept = {
      key,
      records: found.map((record) => recordOf(record, positionOf(label, record, keys, at))),
      next: nextPage(source, page, found.length, { value, answer }),
      hash,
      bytes: answer.body.length,
    };

    return kept;
  }

  /** Waits where the API asks to be left alone, as long as there is time. */
  async function answered(request: ApiRequest, timeMs: number): Promise<ApiAnswer> {
    const deadline = now() + timeMs;
    for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
      const answer = await ask(request, Math.max(1, Math.min(source.timeoutSeconds * 1000, deadline - now())));
      if (answer.status >= 200 && answer.status <= 299) {
        return answer;
      }
      const fault = statusFault(answer.status, answer, placeOf(request.url), now());
      const ms = fault.waitMs ?? (answer.status === 429 ? wait : undefined);
      if (ms === undefined || ms > MAX_WAIT_MS || now() + ms >= deadline) {
        throw fault;
      }
      await pause(ms);
    }
  }

  function upperOf(place: Place, read: readonly SourceRecord[]): string | null {
    if (growing === undefined) {
      return place.upper;
    }

    return read.reduce((upper, { value }) => greater(upper, markText(at(value, growing))), place.upper);
  }

  return {
    async fields() {
      if (source.fields !== undefined) {
        return declaredFields(source.fields, at);
      }
      kept = undefined;
      const first = await fetched(null, increment?.initial ?? null, LOOK_MS);
      isFirstKept = true;
      const found = foundFields(first.records.map(({ value }) => value));

      return found.length === 0 ? undefined : found;
    },

    async begin(mark) {
      kept = isFirstKept ? kept : undefined;
      isFirstKept = false;
      const { of, upper = null } = (mark ?? {}) as Partial<Mark>;
      const last = of === subject ? upper : null;
      const since =
        increment === undefined || last === null
          ? (increment?.initial ?? null)
          : earlier(last, increment.overlap, increment.field);
      const place: Place = {
        ...{ of: own, since, upper: last, page: null, pages: 0, index: 0, hash: null, last: null, same: 1 },
        again: of === subject,
      };

      return place as unknown as Checkpoint;
    },

    isOwn: async (place) => (place as unknown as Place | null)?.of === own,

    async read(after, timeMs) {
      const place = after as unknown as Place;
      const page = await fetched(place.page, place.since, timeMs);
      const shifted = place.index > 0 && place.hash !== page.hash;
      const from = shifted ? 0 : place.index;
      const same = page.hash === place.last && page.records.length > 0 ? place.same + 1 : 1;
      checkEnds(source, place, same);
      const slice = page.records.slice(from, from + pageSize);
      const end = from + slice.length;
      const here: Place = { ...place, hash: page.hash, again: place.again || shifted };

      return {
        records: slice,
        after(count) {
          const index = from + count;
          const upper = upperOf(place, slice.slice(0, count));
          if (index < page.records.length || page.next === undefined) {
            return { ...here, upper, index } as unknown as Checkpoint;
          }
          const pages = place.pages + 1;

          return {
            ...{ ...here, upper, page: page.next, pages, index: 0, hash: null, last: page.hash, same },
          } as unknown as Checkpoint;
        },
        isLast: end >= page.records.length && page.next === undefined,
        bytes: Math.round((page.bytes * slice.length) / Math.max(1, page.records.length)),
        isRepeated: here.again,
      } satisfies SourcePage;
    },

    markOf: (end) => ({ of: subject, upper: (end as unknown as Place).upper }) satisfies Mark,

    faultOf: apiFault,

    async close() {
      kept = undefined;
    },
  };
}

function checkEnds({ maxPages }: HttpSource, { pages }: Place, same: number): void {
  if (same >= MAX_SAME) {
    throw new ApiFault(
      'lasting',
      `the paging does not end: the same page came ${same} times in a row. Does the API know the parameter that names the page?`,
    );
  }
  if (pages >= maxPages) {
    throw new ApiFault('lasting', `the API has more than ${maxPages} pages (paging.maximum)`);
  }
}

function parsed({ dataType }: HttpSource, { body, status, url }: ApiAnswer, xml: PayloadParser | undefined): unknown {
  if (status === 204 || body.length === 0) {
    return undefined;
  }
  const parse = dataType === 'XML' ? xml?.parse : parseJson;
  try {
    return parse?.(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiFault('lasting', `${placeOf(url)} answered no ${dataType} in UTF-8: ${why.slice(0, 300)}`);
  }
}

/** A list of one is not told from its only member in XML, and one of none is not there. */
function recordsOf({ dataType, records }: HttpSource, value: unknown, path: Path, at: ValueAt): readonly unknown[] {
  if (value === undefined) {
    return [];
  }
  const found = at(value, path);
  if (Array.isArray(found)) {
    return found;
  }
  if (dataType === 'XML') {
    const isThere = found !== undefined || at(value, path.slice(0, -1)) !== undefined;
    if (isThere) {
      return found === undefined || found === '' ? [] : [found];
    }
  } else if (found === null) {
    return [];
  }
  throw new ApiFault(
    'lasting',
    `the answer has no list at ${records} (source.records); it has ${
      found === undefined ? membersOf(value) : `${typeof found} there`
    }`,
  );
}

function membersOf(value: unknown): string {
  return Array.isArray(value)
    ? 'a list: `$`'
    : Object.keys(value ?? {})
        .slice(0, 10)
        .join(', ') || 'nothing';
}

function recordOf(value: unknown, position: string): SourceRecord {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);

  return isObject ? { value, position } : { value, position, rejection: new Rejection('syntax', 'it is no object') };
}

/** The same whenever it is read; of a record without its key, by its content. */
function positionOf(
  label: string,
  record: unknown,
  keys: readonly { readonly path: string; readonly steps: Path }[],
  at: ValueAt,
): string {
  const values = keys.map(({ path, steps }) => [path, markText(at(record, steps))] as const);
  if (values.some(([, text]) => text === null)) {
    return `${label} #${hashOf(JSON.stringify(record) ?? '')}`;
  }

  return `${label} ${values.map(([path, text]) => `${path}=${text}`).join(', ')}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
