import { expect, test } from '@jest/globals';
import { scriptResponse } from '../../../../core/apic/script/script-response.ts';

test('an answer is 200 unless the script says otherwise', () => {
  expect(scriptResponse({ body: '[]' })).toEqual({ status: 200, headers: {}, body: '[]', base64: false });
  expect(scriptResponse({ status: 401, headers: { 'X-Type': 'Demo' }, body: 'no', base64: false })).toEqual({
    status: 401,
    headers: { 'X-Type': 'Demo' },
    body: 'no',
    base64: false,
  });
});

test('headers of the connection and of the platform are not the script’s', () => {
  const headers = { 'Content-Length': '1', connection: 'close', 'X-Request-Id': 'mine', 'X-Own': 'a' };

  expect(scriptResponse({ headers, body: '' }).headers).toEqual({ 'X-Own': 'a' });
});

test.each([
  [{ status: 99, body: '' }],
  [{ status: 600, body: '' }],
  [{ status: Number.NaN, body: '' }],
  [{ headers: { 'X-A': 'a\r\nX-B: b' }, body: '' }],
  [{ headers: { 'X A': 'a' }, body: '' }],
  [{ body: 'x'.repeat(6 * 1024 * 1024) }],
])('an answer that cannot be sent is a fault of the script: case %#', (answer) => {
  expect(() => scriptResponse(answer)).toThrow(expect.objectContaining({ code: 'APIC.0601' }));
});
