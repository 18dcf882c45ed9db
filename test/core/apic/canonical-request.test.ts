import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  EMPTY_BODY_SHA256,
  sha256Hex,
} from '../../../core/apic/canonical-request.ts';

test("the reference's example has the reference's hash", () => {
  const canonical = canonicalRequest(
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
  expect(canonicalPath(path)).toBe(expected);
});

test('an encoded slash is not a slash', () => {
  expect(canonicalPath('/a%2Fb')).not.toBe(canonicalPath('/a/b'));
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

  expect(canonicalRequest({ method: 'get', path: '/', query: [], headers }, ['x-a', 'x-b'], 'HASH')).toBe(
    'GET\n/\n\nx-a:1\nx-b:two words\n\nx-a;x-b\nHASH',
  );
});
