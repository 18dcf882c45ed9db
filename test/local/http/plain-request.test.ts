import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readPlainRequest } from '../../../local/http/plain-request.ts';

const read = (text: string) => readPlainRequest(Buffer.from(text, 'latin1'));

test('a whole request is read: method, URL, headers in their own case, the bytes of the body', () => {
  const body = '{"é":1}';
  const text = `POST /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-One:  1 \r\nx-one: 2\r\nContent-Length: ${body.length}\r\n\r\n${body}GET`;
  const { request, bytes } = read(text) ?? {};

  expect(request).toMatchObject({
    method: 'POST',
    url: '/a?b=%20',
    rawHeaders: ['Host', 'x', 'X-One', '1', 'x-one', '2', 'Content-Length', String(body.length)],
  });
  expect(request?.body.toString('latin1')).toBe(body);
  expect(bytes).toBe(text.length - 'GET'.length);
});

test.each([
  '',
  'GET / HTTP/1.1\r\nHost: x\r\n',
  'GET / HTTP/1.0\r\nHost: x\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'get / HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET  / HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\nHost: x\n\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n folded\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nA : 1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nA: 1\nB: 2\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, upgrade\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\nx',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx',
  `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(17_000)}\r\n\r\n`,
])('%j is left to Node', (text) => {
  expect(read(text)).toBeUndefined();
});

test('no bytes make it throw, and nothing is read that is not there', () => {
  const pieces = fc.constantFrom(
    'GET',
    'POST',
    ' ',
    '/',
    'HTTP/1.1',
    '\r\n',
    ':',
    'Host',
    'Content-Length',
    '5',
    'é',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const { bytes = 0 } = read(text) ?? {};

      expect(bytes).toBeLessThanOrEqual(text.length);
    }),
  );
});
