import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { isSignature, sign, signatureMatches } from '../../../core/apic/signature.ts';
import { CREDENTIAL, foreignSign, NOW, type RawRequest, received, verdict } from './raw-request.ts';

const ENDPOINT = 'https://apis.example.com:8443/Parking/parking/free';

/** A signed GET with everything a signature can cover. */
function signedGet(): RawRequest {
  const queryParams = { zone: 'A 1', empty: '', many: ['2', '1'] };
  const headers = foreignSign({
    method: 'GET',
    endpoint: ENDPOINT,
    queryParams,
    headers: { 'Content-Type': 'application/json', 'X-Stage': 'RELEASE' },
  });

  return {
    method: 'GET',
    target: '/Parking/parking/free?zone=A%201&empty=&many=2&many=1',
    headers: Object.entries(headers),
  };
}

function withHeader(request: RawRequest, name: string, value: string | undefined): RawRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());

  return { ...request, headers: value === undefined ? others : [...others, [name, value]] };
}

function header(request: RawRequest, name: string): string {
  return request.headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}

test("the reference's example has the reference's signature", () => {
  const canonicalHash = 'af71c5a7ef45310b8dc05ab15f7da50189ffa81a95cc284379ebaa5eb61155c0';

  expect(
    signatureMatches(
      '01cc37e53d821da93bb7239c5b6e1640b184a748f8c20e61987b491e00b15822',
      [`SDK-HMAC-SHA256\n20191111T093443Z\n${canonicalHash}`],
      'FWTh5tqu2Pb9ZGt8NI09XYZti2V1LTa8useKXMD8',
    ),
  ).toBe(true);
});

test('what the reference client signed verifies', () => {
  expect(verdict(received(signedGet()))).toBe('valid');
});

test('a body the reference client signed verifies by the hash of its bytes', () => {
  const data = { deviceId: 'S-001', status: '0' };
  const headers = Object.entries(foreignSign({ method: 'POST', endpoint: ENDPOINT, data }));
  const request = received({ method: 'POST', target: '/Parking/parking/free', headers });

  expect(verdict(request, sha256Hex(JSON.stringify(data)))).toBe('valid');
  expect(verdict(request, sha256Hex(JSON.stringify({ ...data, status: '1' })))).toBe('no match');
  expect(verdict(request)).toBe('no match');
});

test('any path and query the reference client signs verifies as a gateway receives it', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  // What ends a path, or is taken out of it before it is sent, cannot be part of it unless it is escaped.
  const plain = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .map((value) => value.replaceAll(/[/?#\\%\s\p{C}]/gu, '+'))
    .filter((value) => !/^\.\.?$/.test(value));
  // As they are, with blanks, or all of them escaped by the caller.
  const paths = fc.oneof(
    fc.array(plain, { maxLength: 3 }),
    fc.array(fc.tuple(plain, plain), { maxLength: 2 }).map((pairs) => pairs.map((pair) => pair.join(' '))),
    fc
      .array(text, { maxLength: 3 })
      .map((segments) => segments.filter((one) => one !== '' && !/^\.\.?$/.test(one)).map(encodeURIComponent)),
  );
  // The client sorts names in UTF-16 order: beyond U+FFFF that is not the order of the contract.
  const name = text.filter((candidate) => !/[\ud800-\udfff]/.test(candidate));
  const values = fc.oneof(text, fc.array(text.filter(basic), { minLength: 1, maxLength: 3 }));
  fc.assert(
    fc.property(paths, fc.dictionary(name, values, { noNullPrototype: true, maxKeys: 4 }), (path, queryParams) => {
      const endpoint = `https://h.example.com/${path.join('/')}`;
      const headers = foreignSign({ method: 'GET', endpoint, queryParams });
      const query = Object.entries(queryParams).flatMap(([name, value]) =>
        [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
      );
      const target = `${new URL(endpoint).pathname}?${query.join('&')}`;

      expect(verdict(received({ method: 'GET', target, headers: Object.entries(headers) }))).toBe('valid');
    }),
    { numRuns: 500 },
  );
});

test('a path with escapes in it is signed by our own client as the platform reads it', () => {
  const url = new URL('http://127.0.0.1:8080/Parking/a%2520b');
  const headers = Object.entries({ host: url.host, ...sign({ method: 'GET', url }, CREDENTIAL, NOW) });

  expect(verdict(received({ method: 'GET', target: url.pathname, headers }))).toBe('valid');
  expect(verdict(received({ method: 'GET', target: '/Parking/a%20b', headers }))).toBe('no match');
  expect(verdict(received({ method: 'GET', target: '/Parking/a%252520b', headers }))).toBe('no match');
});

test('only the date has to be signed, as clients in Go do', () => {
  const { signature, date } = goSigned('x-sdk-date');
  const request = received({
    method: 'GET',
    target: '/free',
    headers: [
      ['Host', 'anything'],
      ['X-Sdk-Date', date],
      ['Authorization', signature],
    ],
  });

  expect(verdict(request)).toBe('valid');
});

test('a request we sign ourselves verifies, its body by the hash it declares', () => {
  const texts = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 4 });
  fc.assert(
    fc.property(texts, fc.uint8Array(), (query, body) => {
      const url = new URL('http://127.0.0.1:8080/Parking/a%2Fb/é x');
      for (const [name, value] of query) {
        url.searchParams.append(name, value);
      }
      const added = sign({ method: 'POST', url, headers: { 'Content-Type': 'text/plain' }, body }, CREDENTIAL, NOW);
      const headers = Object.entries({ host: url.host, 'content-type': 'text/plain', ...added });

      expect(added['X-Sdk-Content-Sha256']).toBe(sha256Hex(body));
      expect(verdict(received({ method: 'POST', target: url.pathname + url.search, headers }))).toBe('valid');
    }),
  );
});

test('every single changed byte of path or query is refused, unless the decoded query is the same', () => {
  const request = signedGet();
  fc.assert(
    fc.property(fc.nat(request.target.length - 1), fc.integer({ min: 0x21, max: 0x7e }), (at, code) => {
      const target = request.target.slice(0, at) + String.fromCharCode(code) + request.target.slice(at + 1);
      const changed = received({ ...request, target });
      const before = received(request);
      const same = changed.path === before.path && sorted(changed.query) === sorted(before.query);

      expect(verdict(changed) === 'valid').toBe(same);
    }),
    { numRuns: 500 },
  );
});

test('every single changed byte of a signed header, the date, the key or the signature is refused', () => {
  const request = signedGet();
  const names = ['Host', 'X-Sdk-Date', 'Content-Type', 'X-Stage', 'Authorization'];
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.nat(500),
      fc.integer({ min: 0x20, max: 0x7e }),
      (name, position, code) => {
        const value = header(request, name);
        const at = position % value.length;
        const changed = value.slice(0, at) + String.fromCharCode(code) + value.slice(at + 1);
        fc.pre(changed !== value);

        expect(verdict(received(withHeader(request, name, changed)))).not.toBe('valid');
      },
    ),
    { numRuns: 500 },
  );
});

test('every single changed bit of method, body, its hash, key and secret is refused', () => {
  const body = Buffer.from('{"deviceId":"S-001","note":"空闲"}');
  const url = new URL('https://apis.example.com/Parking/report');
  const signed = sign({ method: 'POST', url, body }, CREDENTIAL, NOW);
  const unsent = Object.fromEntries(
    Object.entries(foreignSign({ method: 'POST', endpoint: url.href, data: JSON.parse(body.toString()) })),
  );
  const headers = Object.entries({ host: url.host, ...signed });
  const request: RawRequest = { method: 'POST', target: url.pathname, headers };
  const flip = (bytes: Uint8Array, bit: number) => {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));

    return changed;
  };
  expect(verdict(received(request))).toBe('valid');
  expect(verdict(received({ ...request, headers: Object.entries(unsent) }), sha256Hex(body))).toBe('valid');

  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const other = sha256Hex(flip(body, bit));

    expect(other).not.toBe(signed['X-Sdk-Content-Sha256']);
    expect(verdict(received({ ...request, headers: Object.entries(unsent) }), other)).toBe('no match');
    expect(verdict(received(withHeader(request, 'X-Sdk-Content-Sha256', other)))).toBe('no match');
  }
  for (let bit = 0; bit < 4 * 8; bit += 1) {
    const method = flip(Buffer.from('POST'), bit).toString('latin1');

    // Only the case of a method does not count; HTTP's methods differ in more.
    expect(verdict(received({ ...request, method }))).toBe(method.toUpperCase() === 'POST' ? 'valid' : 'no match');
  }
  for (let bit = 0; bit < CREDENTIAL.secret.length * 8; bit += 1) {
    const secret = flip(Buffer.from(CREDENTIAL.secret), bit).toString('latin1');

    expect(verdict(received(request), undefined, NOW, secret)).toBe('no match');
  }
});

test('another method and another secret are refused', () => {
  const request = received(signedGet());

  expect(verdict({ ...request, method: 'POST' })).toBe('no match');
  expect(verdict(request, undefined, NOW, `${CREDENTIAL.secret}x`)).toBe('no match');
});

test.each([
  [-(14 * 60 + 59), 'valid'],
  [14 * 60 + 59, 'valid'],
  [-15 * 60, 'valid'],
  [15 * 60, 'valid'],
  [-15 * 60 - 1, expect.stringContaining('more than 15 minutes')],
  [15 * 60 + 1, expect.stringContaining('more than 15 minutes')],
])('a date %d seconds away: %s', (seconds, expected) => {
  const now = new Date(NOW.getTime() + seconds * 1000);

  expect(verdict(received(signedGet()), undefined, now)).toEqual(expected);
});

test.each([
  '20261120T093443',
  '2026-11-20T09:34:43Z',
  '20261320T093443Z',
  '20260230T093443Z',
  '20261120T096043Z',
  'now',
  '',
])('the date %j is refused for its form', (date) => {
  expect(verdict(received(withHeader(signedGet(), 'X-Sdk-Date', date)))).toContain('is not a date of the form');
});

test('a listed header must be there, once', () => {
  const request = signedGet();
  const missing = received(withHeader(request, 'X-Stage', undefined));
  const doubled = received({ ...request, headers: [...request.headers, ['x-stage', 'TEST']] });

  expect(verdict(missing)).toBe('signed header x-stage arrived 0 times');
  expect(verdict(doubled)).toBe('signed header x-stage arrived 2 times');
});

test('a header that is not listed may change on the way', () => {
  expect(verdict(received(withHeader(signedGet(), 'X-Forwarded-For', '10.0.0.1')))).toBe('valid');
});

test('an unsigned date is refused', () => {
  const { signature, date } = goSigned('host');
  const headers = Object.entries({ Host: 'h', 'X-Sdk-Date': date, Authorization: signature });

  expect(verdict(received({ method: 'GET', target: '/free', headers }))).toContain(
    'SignedHeaders must hold x-sdk-date',
  );
});

test.each([
  'SDK-HMAC-SHA256',
  'SDK-HMAC-SHA256 Access=k, SignedHeaders=x-sdk-date',
  `SDK-HMAC-SHA256 Access=, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
  `SDK-HMAC-SHA256 Access=k, SignedHeaders=X-Sdk-Date, Signature=${'0'.repeat(64)}`,
  `SDK-HMAC-SHA256 Access=k, SignedHeaders=x-sdk-date;, Signature=${'0'.repeat(64)}`,
  `SDK-HMAC-SHA256 Access=k, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(63)}`,
  `SDK-HMAC-SHA256 Access=k, SignedHeaders=x-sdk-date, Signature=${'A'.repeat(64)}`,
  `AWS4-HMAC-SHA256 Credential=k, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
])('the header %s is refused for its form', (authorization) => {
  expect(verdict(received(withHeader(signedGet(), 'Authorization', authorization)))).toContain('is not of the form');
});

test('a request without, or with two Authorization headers is refused', () => {
  const request = signedGet();
  const two = [...request.headers, ['authorization', header(request, 'Authorization')] as const];

  expect(verdict(received(withHeader(request, 'Authorization', undefined)))).toBe('0 Authorization headers');
  expect(verdict(received({ ...request, headers: two }))).toBe('2 Authorization headers');
});

test('UNSIGNED-PAYLOAD leaves the body out, and a declared hash stands for it', () => {
  const unsigned = foreignSign({
    method: 'POST',
    endpoint: ENDPOINT,
    headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' },
    data: { a: 1 },
  });
  const request: RawRequest = { method: 'POST', target: '/Parking/parking/free', headers: Object.entries(unsigned) };

  expect(verdict(received(request))).toBe('valid');
  expect(verdict(received(withHeader(request, 'X-Sdk-Content-Sha256', sha256Hex(''))))).toBe('no match');
  expect(verdict(received(withHeader(request, 'X-Sdk-Content-Sha256', 'none')))).toContain(
    'is neither 64 hexadecimal digits',
  );
});

test('only the scheme itself counts as a signature', () => {
  expect(isSignature('SDK-HMAC-SHA256 Access=k')).toBe(true);
  expect(isSignature('SDK-HMAC-SHA2567')).toBe(false);
  expect(isSignature('Bearer SDK-HMAC-SHA256')).toBe(false);
  expect(isSignature(undefined)).toBe(false);
});

/** A request for `/free` that signs one header only. */
function goSigned(name: 'host' | 'x-sdk-date') {
  const date = '20261120T093443Z';
  const value = name === 'host' ? 'h' : date;
  const canonical = `GET\n/free/\n\n${name}:${value}\n\n${name}\n${sha256Hex('')}`;
  const signature = hmac(`SDK-HMAC-SHA256\n${date}\n${sha256Hex(canonical)}`);

  return { date, signature: `SDK-HMAC-SHA256 Access=${CREDENTIAL.key}, SignedHeaders=${name}, Signature=${signature}` };
}

function hmac(text: string): string {
  return createHmac('sha256', CREDENTIAL.secret).update(text).digest('hex');
}

function sorted(query: readonly (readonly [string, string])[]): string {
  return JSON.stringify(query.map((pair) => JSON.stringify(pair)).sort());
}

function basic(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text);
}
