import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalQuery,
  canonicalRequests,
  EMPTY_BODY_SHA256,
  sha256Hex,
  signedPaths,
} from '../../../core/apic/canonical-request.ts';
import { percentDecode } from '../../../core/apic/percent-encoding.ts';

test("the reference's example has the reference's hash", () => {
  const [canonical = ''] = canonicalRequests(
    {
      method: 'GET',
      path: '/app1/',
      query: [
        ['a', '1'],
        ['b', '2'],
      ],
      headers: [
        ['Host', 'c967a237-cd6c-470e-906f-a8655461897e.apigw.exampleRegion.com'],
        ['X-Sdk-Date', '20191111T093443Z'],
      ],
    },
    ['host', 'x-sdk-date'],
    EMPTY_BODY_SHA256,
  );

  expect(sha256Hex(canonical)).toBe('af71c5a7ef45310b8dc05ab15f7da50189ffa81a95cc284379ebaa5eb61155c0');
});

test.each([
  ['', '/'],
  ['/', '/'],
  ['/parking/free', '/parking/free/'],
  ['/a b/é', '/a%20b/%C3%A9/'],
  ['/a%20b/%c3%a9', '/a%20b/%C3%A9/'],
  ["/!'()*/~-_.", '/%21%27%28%29%2A/~-_./'],
  ['/a%2Fb', '/a%2Fb/'],
  ['/50%/%zz/%ff', '/50%25/%25zz/%25ff/'],
  ['/a//b/../c', '/a//b/../c/'],
])('the path %s is signed as %s', (path, expected) => {
  expect(signedPaths(path)[0]).toBe(expected);
});

test('an encoded slash is not a slash', () => {
  expect(signedPaths('/a%2Fb')).not.toContain(signedPaths('/a/b')[0]);
});

test.each([
  ['/a/b', ['/a/b/']],
  ['/a%20b', ['/a%20b/', '/a%2520b/']],
  ['/a%2520b', ['/a%252520b/']],
  ['/%E4%B8%AD', ['/%E4%B8%AD/', '/%25E4%25B8%25AD/']],
  ['/%E4%B8%AD%20b', ['/%E4%B8%AD%20b/', '/%25E4%25B8%25AD%2520b/', '/%E4%B8%AD%2520b/']],
  ["/it's", ['/it%27s/', '/it%2527s/']],
  ['/100%', ['/100%25/']],
])('the path sent as %s may be signed as %j', (path, expected) => {
  expect(signedPaths(path)).toEqual(expected);
});

test('no signed path is that of two paths that mean different things', () => {
  const piece = fc.constantFrom(
    ...['a', 'A', '%', '%2', '0', '20', '41', '25', '%20', '%25', '%41', '%61', '%2F', '%27', "'", '|', '%7C', '%5e'],
    ...['%E4%B8%AD', '%e4%b8%ad', '%E4', '%B8%AD', '%ff', '%C3%A9', '2541', '%2541', '%252541', '/'],
  );
  const path = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('')}`);
  const meaning = (text: string) =>
    text
      .replace(/(?!^)\/$/, '')
      .split('/')
      .map(percentDecode);
  fc.assert(
    fc.property(path, path, (one, other) => {
      const shared = signedPaths(one).filter((text) => signedPaths(other).includes(text));

      expect(shared.length === 0 || equal(meaning(one), meaning(other))).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test('no short path shares a signed path with one of another meaning, all of them tried', () => {
  const pieces = ['a', '%', '25', '41', '%41', '%25', "'", '%27', '%2527', '%E4%B8%AD', '%25E4%25B8%25AD'];
  const paths = ['', ...pieces].flatMap((one) =>
    ['', ...pieces].flatMap((two) => ['', ...pieces].map((three) => `/${one}${two}${three}`)),
  );
  const meanings = new Map<string, string>();
  for (const path of paths) {
    for (const text of signedPaths(path)) {
      const meaning = percentDecode(path);

      expect([text, meanings.get(text) ?? meaning]).toEqual([text, meaning]);
      meanings.set(text, meaning);
    }
  }
});

test.each([
  [[], ''],
  [[['k', '']], 'k='],
  [
    [
      ['b', '1'],
      ['a', '2'],
      ['a', '1'],
    ],
    'a=1&a=2&b=1',
  ],
  [
    [
      ['B', '1'],
      ['a', '1'],
    ],
    'B=1&a=1',
  ],
  [
    [
      ['a{', '1'],
      ['az', '2'],
    ],
    'az=2&a%7B=1',
  ],
  [
    [
      ['\u{1F17F}', '1'],
      ['\uFF5E', '2'],
    ],
    '%EF%BD%9E=2&%F0%9F%85%BF=1',
  ],
  [[['q', "a b+c&d=é'*"]], 'q=a%20b%2Bc%26d%3D%C3%A9%27%2A'],
] as [[string, string][], string][])('the query %j is signed as %s', (query, expected) => {
  expect(canonicalQuery(query)).toBe(expected);
});

test('the order of a query does not matter, its content does', () => {
  const pairs = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 6 });
  fc.assert(
    fc.property(pairs, pairs, (a, b) => {
      const same = JSON.stringify(a.map(String).sort()) === JSON.stringify(b.map(String).sort());

      expect(canonicalQuery(a)).toBe(canonicalQuery(a.toReversed()));
      expect(canonicalQuery(a) === canonicalQuery(b)).toBe(same);
    }),
  );
});

test('header values are trimmed, names lower-case, in the order of the list', () => {
  const headers = [
    ['X-B', '  two words '],
    ['x-a', '1'],
  ] as const;

  expect(canonicalRequests({ method: 'get', path: '/', query: [], headers }, ['x-a', 'x-b'], 'HASH')).toEqual([
    'GET\n/\n\nx-a:1\nx-b:two words\n\nx-a;x-b\nHASH',
  ]);
});

function equal(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
