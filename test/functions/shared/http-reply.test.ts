import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HttpReply, MalformedReply, ReplyReader } from '../../../functions/shared/http-reply.ts';

/** Reads the bytes cut at these places; the connection ends behind them. */
function read(text: string, cuts: readonly number[] = []): { reply: HttpReply | undefined; keepAlive: boolean } {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ReplyReader();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let reply: HttpReply | undefined;
  for (let at = 1; at < places.length; at += 1) {
    reply ??= reader.push(bytes.subarray(places[at - 1], places[at]) as Buffer<ArrayBuffer>);
  }
  reply ??= reader.end();

  return { reply, keepAlive: reader.keepAlive };
}

const HEADERS = 'Content-Type: application/json\r\nx-amzn-RequestId:  one \r\n';
const ANSWERS: readonly (readonly [string, string, string, boolean])[] = [
  ['a length', `HTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 7\r\n\r\n{"a":1}`, '{"a":1}', true],
  ['no body', `HTTP/1.1 204 No Content\r\n${HEADERS}\r\n`, '', true],
  ['a length of none', `HTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 0\r\n\r\n`, '', true],
  ['no reason', `HTTP/1.1 200\r\n${HEADERS}Content-Length: 1\r\n\r\nx`, 'x', true],
  [
    'chunks',
    `HTTP/1.1 200 OK\r\n${HEADERS}Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n`,
    '{"a":1}',
    true,
  ],
  [
    'chunks and trailers',
    `HTTP/1.1 200 OK\r\n${HEADERS}Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Late: 1\r\n\r\n`,
    '0123456789',
    true,
  ],
  ['the end of the connection', `HTTP/1.1 200 OK\r\n${HEADERS}\r\nall of it`, 'all of it', false],
  [
    'an answer before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 1\r\n\r\nx`,
    'x',
    true,
  ],
  [
    'a connection that closes',
    `HTTP/1.1 200 OK\r\n${HEADERS}Connection: Close\r\nContent-Length: 1\r\n\r\nx`,
    'x',
    false,
  ],
  ['the version before', `HTTP/1.0 200 OK\r\n${HEADERS}Content-Length: 1\r\n\r\nx`, 'x', false],
  ['bytes behind it', `HTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK`, 'x', false],
];

describe.each(ANSWERS)('an answer with %s', (name, text, body, keepAlive) => {
  test('is read, wherever its bytes are cut', () => {
    // Bytes behind an answer are noticed when they come with it.
    const cuts = name === 'bytes behind it' ? fc.constant([]) : fc.array(fc.nat(text.length), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, (places) => {
        const { reply, ...read_ } = read(text, places);
        const { headers = {} } = reply ?? {};

        expect(reply?.bytes.toString('latin1')).toBe(body);
        expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-amzn-requestid': 'one' });
        expect(read_).toEqual({ keepAlive });
      }),
    );
  });

  test('is not there before its last byte', () => {
    const last = name === 'bytes behind it' ? text.indexOf('xHTTP') : text.length - 1;
    const reader = new ReplyReader();

    expect(reader.push(Buffer.from(text.slice(0, last), 'latin1') as Buffer<ArrayBuffer>)).toBeUndefined();
  });
});

test('the values of a repeated header stand in one', () => {
  const { reply } = read('HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n');

  expect({ ...reply?.headers }).toEqual({ vary: 'a, b', 'content-length': '0' });
});

test.each([
  'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.1 99 Low\r\n\r\n',
  '<html>\r\n\r\n',
  'HTTP/1.1 200 OK\r\nno header\r\n\r\n',
  'HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n',
  'HTTP/1.1 200 OK\r\nA : 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
  'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n',
  `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`,
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1'.repeat(70_000)}`,
])('%j is no answer', (text) => {
  expect(() => read(text)).toThrow(MalformedReply);
});

test.each([
  '',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
])('%j is not a whole answer', (text) => {
  expect(read(text)).toEqual({ reply: undefined, keepAlive: false });
});
