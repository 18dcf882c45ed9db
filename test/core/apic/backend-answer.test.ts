import { expect, test } from '@jest/globals';
import { backendAnswer } from '../../../core/apic/backend-answer.ts';

test("an answer is the backend's, without what belongs to its connection", () => {
  const headers = [
    ['content-type', 'text/html'],
    ['Connection', 'close, X-Hop'],
    ['X-Hop', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '2'],
    ['X-Request-Id', 'its own'],
    ['Vary', 'a'],
    ['vary', 'b'],
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ] as const;

  expect(backendAnswer({ status: 404, headers, body: Buffer.from('no') })).toEqual({
    status: 404,
    headers: { 'Content-Type': 'text/html', Vary: 'a, b' },
    cookies: ['a=1', 'b=2'],
    body: 'no',
    base64: false,
  });
});

test('bytes stay bytes', () => {
  const answer = backendAnswer({ status: 200, headers: [], body: Buffer.from([0xff, 0x00]) });

  expect(answer).toMatchObject({ body: '/wA=', base64: true, headers: { 'Content-Type': 'application/octet-stream' } });
});

test('a status that is no answer is the fault of the backend', () => {
  expect(() => backendAnswer({ status: 101, headers: [], body: Buffer.alloc(0) })).toThrow('Backend unavailable.');
});
