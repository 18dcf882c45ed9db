import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HttpReading, httpReader } from '../../../core/fdi/run-http-reader.ts';
import type { ApiAnswer, ApiRequest } from '../../../core/fdi/run-http-request.ts';
import { checkHttpSource, type HttpPaging, type HttpSource } from '../../../core/fdi/run-http-source.ts';
import { xmlParser } from '../../../core/fdi/xml-value.ts';
import { KILLS, MemoryTarget } from './memory-target.ts';

interface Item {
  readonly id: number;
  readonly at?: string;
}

const BY_PAGE: HttpPaging = { by: 'page', field: 'page', in: 'query', start: 1, until: 'empty' };

function sourceOf(source: Partial<HttpSource> = {}): HttpSource {
  const own: HttpSource = {
    ...{ kind: 'http', url: 'https://shop.example.com/v1/orders', method: 'GET', query: {}, headers: {} },
    ...{ dataType: 'JSON', records: 'data.items', paging: BY_PAGE, maxPages: 100, maxBytes: 65_536 },
    ...{ timeoutSeconds: 30, key: ['id'], timeZone: 'UTC', auth: { kind: 'none' } },
    ...source,
  };
  checkHttpSource(own, 'Task: source');

  return own;
}

/** The items in pages of so many, whichever way they are asked for. */
function api(items: () => readonly Item[], size: number): HttpReading['ask'] {
  return async ({ url, body }) => {
    const { searchParams: query } = new URL(url);
    const { page, offset, after } = body === undefined ? Object.fromEntries(query) : JSON.parse(body);
    const start = page !== undefined ? (Number(page) - 1) * size : Number(offset ?? after ?? 0);
    const found = items().slice(start, start + size);
    const end = start + size;
    const next = end < items().length ? end : null;

    return answer(
      200,
      { data: { items: found }, next, more: next === null ? null : `/v1/orders?after=${next}` },
      {
        link: next === null ? '' : `<?x=1>; rel="prev", </v1/orders?after=${next}>; title="a, b"; rel="last next"`,
      },
    );
  };
}

function answer(status: number, value: unknown, headers: Record<string, string> = {}): ApiAnswer {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

  return { status, headers, body, url: 'https://shop.example.com/v1/orders' };
}

function reading(ask: HttpReading['ask'], source: Partial<HttpSource> = {}, pageSize = 100): HttpReading {
  return { source: sourceOf(source), pageSize, ask, pause: async () => undefined, now: () => 0 };
}

function memory(): MemoryTarget {
  return new MemoryTarget((value) => String((value as Item).id));
}

const numbered = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

const WAYS: readonly (readonly [string, Partial<HttpSource>])[] = [
  ['by page', {}],
  ['by offset', { paging: { by: 'offset', field: 'offset', in: 'query', start: 0, until: 'empty' } }],
  [
    'by offset in the body',
    { method: 'POST', paging: { by: 'offset', field: 'offset', in: 'body', start: 0, until: 'empty' } },
  ],
  ['by cursor', { paging: { by: 'cursor', field: 'after', in: 'query', path: 'next' } }],
  ['by the Link header', { paging: { by: 'link' } }],
  ['by a link of the answer', { paging: { by: 'link', path: 'more' } }],
];

test.each(WAYS)('%s every record arrives once, wherever the process dies', async (_way, source) => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(25),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      KILLS,
      async (count, size, pageSize, killed) => {
        const items = numbered(count);
        const target = memory();
        target.kills = killed;

        const { end, counts } = await target.run(() =>
          httpReader(
            reading(
              api(() => items, size),
              { ...source, fields: [{ alias: 'id', type: 'integer', path: 'id' }] },
              pageSize,
            ),
          ),
        );

        expect(end.kind).toBe('succeeded');
        expect([...target.rows.values()]).toEqual(items);
        expect(counts).toMatchObject({ read: count, written: count, rejected: 0 });
      },
    ),
    { numRuns: 40 },
  );
});

test('records that come and go while pages are read are neither lost nor doubled where the page is read again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 25 }),
      fc.integer({ min: 2, max: 7 }),
      KILLS,
      async (count, size, killed) => {
        // New ones come in front, so that pages move on while they are asked for.
        let items: Item[] = numbered(count);
        const target = memory();
        target.kills = killed;
        let next = 1000;
        let questions = 0;
        const ask: HttpReading['ask'] = async (request, timeMs) => {
          questions += 1;
          items = questions % 3 === 0 ? [{ id: next++ }, ...items] : items;

          return api(() => items, size)(request, timeMs);
        };

        const { end } = await target.run(() =>
          httpReader(reading(ask, { fields: [{ alias: 'id', type: 'integer', path: 'id' }] }, 2)),
        );

        expect(end.kind).toBe('succeeded');
        const ids = [...target.rows.values()].map((row) => (row as Item).id);
        expect(ids.filter((id) => id < 1000).sort((a, b) => a - b)).toEqual(numbered(count).map(({ id }) => id));
      },
    ),
    { numRuns: 60 },
  );
});

test('a page that is not what it was is read again as a whole, and what was written of it is compared', async () => {
  let items: Item[] = numbered(8);
  const target = memory();
  const own = () =>
    httpReader(
      reading(
        api(() => items, 4),
        { fields: [{ alias: 'id', type: 'integer', path: 'id' }] },
        2,
      ),
    );
  target.kills = [{ write: 1, committed: true }];
  await target.attempt(own());
  // Records 0 and 1 are written; that 0 goes moves 2 to where 1 was.
  items = items.slice(1);

  const { counts } = await target.attempt(own());

  expect([...target.rows.keys()].map(Number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(counts).toMatchObject({ read: 9, written: 8, unchanged: 1 });
});

test('an increment asks from the greatest value on, less the overlap, and what is read again is compared', async () => {
  const items: Item[] = [
    { id: 1, at: '2026-01-02T03:04:05+02:00' },
    { id: 2, at: '2026-01-02T01:30:00.250Z' },
  ];
  const asked: string[] = [];
  const ask: HttpReading['ask'] = async (request, timeMs) => {
    asked.push(new URL(request.url).search);

    return api(() => items, 10)(request, timeMs);
  };
  const own = reading(ask, {
    query: { since: '{{since}}', kind: 'a b' },
    increment: { field: 'at', overlap: 60 },
    paging: { by: 'none' },
  });
  const target = memory();

  await target.run(() => httpReader(own));
  const second = await target.run(() => httpReader(own));

  expect(asked).toEqual(['?kind=a+b', '?kind=a+b', '?since=2026-01-02T01%3A29%3A00.250Z&kind=a+b']);
  expect(second.counts).toMatchObject({ read: 2, written: 0, unchanged: 2 });
});

test('the names of the first page are the fields, where none are declared', async () => {
  const ask: HttpReading['ask'] = async () =>
    answer(
      200,
      '{"data":{"items":[{"id":1,"tags":["a"]},{"id":2,"name":"x","ok":true,"n":12345678901234567890},{"id":"x"}]}}',
    );

  const fields = await httpReader(reading(ask)).fields();

  expect(fields?.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'string'],
    ['tags', 'json'],
    ['name', 'string'],
    ['ok', 'boolean'],
    ['n', 'number'],
  ]);
});

test('an API without records is a run without rows', async () => {
  const target = memory();
  const { end, counts } = await target.run(() => httpReader(reading(api(() => [], 5))));

  expect([end.kind, counts.read]).toEqual(['succeeded', 0]);
});

test('XML: a list of many, of one and of none', async () => {
  const texts = [
    '<o><item><id>1</id><line sku="a"/></item><item><id>2</id></item></o>',
    '<o><item><id>3</id><line sku="b"/></item></o>',
    '<o/>',
  ];
  let at = 0;
  const own = {
    ...reading(async () => answer(200, texts[at++] ?? ''), { dataType: 'XML', records: 'o.item' }),
    xml: xmlParser,
  };
  const target = memory();
  const fields = [
    { alias: 'id', type: 'integer', path: 'id' },
    { alias: 'sku', type: 'string', path: 'line[0].@sku' },
  ] as const;
  const source = { ...own.source, fields };

  await target.run(() => httpReader({ ...own, source }));

  expect([...target.rows.keys()]).toEqual(['1', '2', '3']);
  const sku = (await httpReader({ ...own, source }).fields())?.[1];
  expect(sku?.at?.([...target.rows.values()][2], sku.path)).toBe('b');
});

test('who asks to be left alone is: for as long as it says, else longer each time', async () => {
  const answers = [
    answer(429, '', { 'retry-after': '7' }),
    answer(429, ''),
    answer(503, '', { 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' }),
    answer(200, { data: { items: [] } }),
  ];
  const waited: number[] = [];
  const own = {
    ...reading(async () => answers.shift() as ApiAnswer),
    pause: async (ms: number) => void waited.push(ms),
  };
  const reader = httpReader(own);

  await reader.read(await reader.begin(null), 60_000);

  expect(waited).toEqual([7000, 2000, 5000]);
});

test.each([
  [401, 'lasting', 'refuses the login'],
  [403, 'lasting', 'may not do this'],
  [404, 'lasting', 'nothing at this address'],
  [418, 'lasting', 'refuses the question'],
  [500, 'passing', 'cannot answer now'],
  [503, 'passing', 'cannot answer now'],
])('%i is a fault that is %s, in plain words', async (status, kind, words) => {
  const reader = httpReader(reading(async () => answer(status, 'no such thing')));

  const error = await reader.read(await reader.begin(null), 1000).catch((caught: unknown) => caught);

  const fault = reader.faultOf(error);
  expect(fault.kind).toBe(kind);
  expect(fault.message).toContain(`shop.example.com/v1/orders answered ${status}: `);
  expect(fault.message).toContain(words);
  expect(fault.message).toContain('It said: no such thing');
});

test.each<readonly [string, (request: ApiRequest) => ApiAnswer, Partial<HttpSource>, string]>([
  ['the same page for ever', () => answer(200, { data: { items: [{ id: 1 }] } }), {}, 'the same page came 3 times'],
  [
    'a cursor that leads to itself',
    () => answer(200, { data: { items: [{ id: Math.random() }] }, next: 'c' }),
    { paging: { by: 'cursor', field: 'after', in: 'query', path: 'next' } },
    'the page leads to itself',
  ],
  [
    'more pages than are allowed',
    () => answer(200, { data: { items: [{ id: Math.random() }] } }),
    { maxPages: 4 },
    'more than 4 pages',
  ],
  [
    'a next page at another host',
    () => answer(200, { data: { items: [] }, more: 'https://elsewhere.example.com/' }),
    { paging: { by: 'link', path: 'more' } },
    'leads away from https://shop.example.com',
  ],
  ['an answer that is no JSON', () => answer(200, '<html>'), {}, 'no JSON'],
  ['an answer without the list', () => answer(200, { data: { rows: [] } }), {}, 'it has data'],
  ['an object in place of the list', () => answer(200, { data: { items: {} } }), {}, 'object there'],
])('%s ends the run, and says so', async (_what, ask, source, words) => {
  const target = memory();
  const fields = [{ alias: 'id', type: 'number', path: 'id' }] as const;

  const { end } = await target.run(() => httpReader(reading(async (request) => ask(request), { ...source, fields })));

  expect(end).toMatchObject({ kind: 'failed', message: expect.stringContaining(words) });
});

test('a record that is no object is quarantined, and found again by its key or its content', async () => {
  const target = memory();
  const items = [{ id: 1 }, null, 'x', { name: 'without a key' }];
  await target.run(() => httpReader(reading(async () => answer(200, { data: { items } }), { paging: { by: 'none' } })));

  expect([...target.rejected.keys()]).toEqual([
    expect.stringMatching(/^orders #\w{16}$/),
    expect.stringMatching(/^orders #\w{16}$/),
  ]);
  expect(target.counts).toMatchObject({ read: 4, written: 2, rejected: 2 });
});

test.each<readonly [string, Partial<HttpSource>, string]>([
  ['a body of a GET', { body: '{}' }, 'body'],
  ['a user in the URL', { url: 'https://a:b@h/' }, 'url'],
  ['since without an increment', { query: { since: '{{since}}' } }, 'increment'],
  ['an increment that nothing asks for', { increment: { field: 'at', overlap: 0 } }, 'increment'],
  ['no key', { key: [] }, 'key'],
  ['a header of the connection', { headers: { Host: 'x' } }, 'headers'],
  ['short pages of no size', { paging: { ...BY_PAGE, until: 'short' } as HttpPaging }, 'paging.size'],
])('%s is refused', (_what, source, setting) => {
  expect(() => sourceOf(source)).toThrow(`Task: source.${setting}: received`);
});
