import type { Path } from './path.ts';
import { parsePath, valueAt } from './path.ts';
import { ApiFault } from './run-http-fault.ts';
import { markText } from './run-http-mark.ts';
import { type HttpSource, SINCE } from './run-http-source.ts';

/** A page: its number, its offset, the cursor before it, its URL; null of the first one. */
export type PageName = number | string | null;

export interface ApiRequest {
  readonly method: HttpSource['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** After redirects. */
  readonly url: string;
}

/** A cursor is kept in the task's place. */
const MAX_NAME = 4000;
/** RFC 8288 §3: `<url>; rel="next"`, several of them in one header. */
const LINK = /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~-]+\*?\s*(?:=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g;
const NEXT = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i;

/** What is asked for a page. @param since where the increment begins; null for all there is */
export function pageRequest(source: HttpSource, page: PageName, since: string | null): ApiRequest {
  const { method, paging } = source;
  const url = new URL(paging.by === 'link' && typeof page === 'string' ? page : source.url);
  if (paging.by !== 'link' || page === null) {
    for (const [name, template] of Object.entries(source.query)) {
      setParameter(url, name, filled(template, since));
    }
    if (paging.by !== 'none' && paging.sizeField !== undefined && !isInBody(source)) {
      setParameter(url, paging.sizeField, String(paging.size));
    }
  }
  const members: Record<string, unknown> = {};
  if (paging.by !== 'none' && paging.by !== 'link') {
    const value = page ?? ('start' in paging ? paging.start : null);
    if (paging.in === 'body') {
      Object.assign(members, value === null ? {} : { [paging.field]: value });
      Object.assign(members, paging.sizeField === undefined ? {} : { [paging.sizeField]: paging.size });
    } else if (value !== null) {
      setParameter(url, paging.field, String(value));
    }
  }
  const body = bodyOf(source, since, members);
  const headers = Object.entries(source.headers).flatMap(([name, template]) => {
    const value = filled(template, since);

    return value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });

  return {
    method,
    url: url.href,
    headers: {
      accept: source.dataType === 'XML' ? 'application/xml, text/xml' : 'application/json',
      ...(body !== undefined && { 'content-type': source.dataType === 'XML' ? 'application/xml' : 'application/json' }),
      ...Object.fromEntries(headers),
    },
    ...(body !== undefined && { body }),
  };
}

/**
 * The page behind one; undefined behind the last.
 *
 * @param records how many the page has
 * @throws ApiFault for a page that leads to itself
 */
export function nextPage(
  source: HttpSource,
  page: PageName,
  records: number,
  { value, answer }: { readonly value: unknown; readonly answer: Pick<ApiAnswer, 'headers' | 'url'> },
): PageName | undefined {
  const { paging } = source;
  switch (paging.by) {
    case 'none':
      return undefined;
    case 'page':
    case 'offset': {
      if (records === 0 || (paging.until === 'short' && records < (paging.size ?? 0))) {
        return undefined;
      }

      return (typeof page === 'number' ? page : paging.start) + (paging.by === 'page' ? 1 : records);
    }
    case 'cursor':
      return checked(nameAt(value, parsePath(paging.path, 'paging.path')), page);
    case 'link': {
      const found =
        paging.path === undefined
          ? linkOf(answer.headers['link'] ?? '')
          : nameAt(value, parsePath(paging.path, 'paging.path'));
      if (found === undefined) {
        return undefined;
      }
      const next = URL.parse(found, answer.url);
      // The login goes along: where it goes is said by who declared the source, and by nobody's answer.
      if (next?.origin !== new URL(source.url).origin) {
        throw new ApiFault(
          'lasting',
          `the address of the next page leads away from ${new URL(source.url).origin}: ${found.slice(0, 200)}`,
        );
      }

      return checked(next.href, page ?? answer.url);
    }
  }
}

function checked(next: string | undefined, page: PageName): string | undefined {
  if (next !== undefined && next === page) {
    throw new ApiFault('lasting', `the paging does not end: the page leads to itself (${next.slice(0, 200)})`);
  }
  if (next !== undefined && next.length > MAX_NAME) {
    throw new ApiFault(
      'lasting',
      `what names the next page has ${next.length} characters; at most ${MAX_NAME} can be kept`,
    );
  }

  return next;
}

function nameAt(value: unknown, path: Path): string | undefined {
  return markText(valueAt(value, path)) ?? undefined;
}

function linkOf(header: string): string | undefined {
  for (const [, url, parameters = ''] of header.matchAll(LINK)) {
    const [, quoted, bare] = NEXT.exec(parameters) ?? [];
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next')) {
      return url;
    }
  }

  return undefined;
}

function isInBody({ paging }: HttpSource): boolean {
  return 'in' in paging && paging.in === 'body';
}

function setParameter(url: URL, name: string, value: string | undefined): void {
  if (value === undefined) {
    url.searchParams.delete(name);
  } else {
    url.searchParams.set(name, value);
  }
}

/** @returns undefined for what can only be said when something was read before */
function filled(template: string, since: string | null): string | undefined {
  if (!template.includes(SINCE)) {
    return template;
  }

  return since === null ? undefined : template.replaceAll(SINCE, since);
}

function bodyOf(
  { body, method, dataType }: HttpSource,
  since: string | null,
  members: Readonly<Record<string, unknown>>,
): string | undefined {
  if (method === 'GET') {
    return undefined;
  }
  const escaped = dataType === 'XML' ? xmlText(since ?? '') : JSON.stringify(since ?? '').slice(1, -1);
  const text = body?.replaceAll(SINCE, escaped);
  if (Object.keys(members).length === 0) {
    return text;
  }

  return JSON.stringify({ ...(text === undefined ? {} : (JSON.parse(text) as object)), ...members });
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
