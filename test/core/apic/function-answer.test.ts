import { expect, test } from '@jest/globals';
import { functionAnswer } from '../../../core/apic/function-answer.ts';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };

test.each<[unknown, object]>([
  [{ a: 1 }, { status: 200, body: '{"a":1}', headers: {}, base64: false }],
  [[1, 2], { status: 200, body: '[1,2]' }],
  [null, { status: 200, body: 'null' }],
  ['hello', { status: 200, body: 'hello', headers: TEXT }],
  [undefined, { status: 204, body: '' }],
  [Buffer.from([0, 255]), { status: 200, body: 'AP8=', base64: true }],
  [
    { status: 201, body: { id: 7 } },
    { status: 201, body: '{"id":7}', headers: {} },
  ],
  [
    { status: 200, body: '<p>', headers: { 'content-type': 'text/html' } },
    { headers: { 'content-type': 'text/html' } },
  ],
  [
    { status: 302, headers: { Location: '/x', 'X-Count': 3 } },
    { status: 302, headers: { Location: '/x', 'X-Count': '3' } },
  ],
  // A row that happens to have a status is data.
  [{ status: 1 }, { status: 200, body: '{"status":1}' }],
  [
    { status: 'free', body: 'x' },
    { status: 200, body: '{"status":"free","body":"x"}' },
  ],
  [
    { status: 1, body: 'x', id: 3 },
    { status: 200, body: '{"status":1,"body":"x","id":3}' },
  ],
])('%j is answered as %j', (returned, answer) => {
  expect(functionAnswer(returned)).toMatchObject(answer);
});

test.each([
  { status: 99, body: '' },
  { status: 200, body: '', headers: { 'X-A': 'a\r\nSet-Cookie: b' } },
])('%j cannot be sent', (returned) => {
  expect(() => functionAnswer(returned)).toThrow('Internal server error.');
});

test.each([[() => 1], [Symbol('x')], [1n]])('%p is no JSON', (returned) => {
  expect(() => functionAnswer(returned)).toThrow(TypeError);
});
