import { expect, test } from '@jest/globals';
import type { SignableRequest } from '../../../core/apic/canonical-request.ts';
import { checkRequestSize, MAX_HEADER_BYTES, MAX_URI_BYTES } from '../../../core/apic/request-limits.ts';

function request(part: Partial<SignableRequest>): SignableRequest {
  return { method: 'GET', path: '/a', query: [], headers: [], ...part };
}

const refusal = (status: number) => expect.objectContaining({ code: `APIC.0201/${status}`, status });

test('a URI may be 8,192 bytes long, its query encoded', () => {
  const query = (length: number) => [['q', 'x'.repeat(length)]] as const;
  const room = MAX_URI_BYTES - '/a?q='.length;

  expect(() => checkRequestSize(request({ query: query(room) }))).not.toThrow();
  expect(() => checkRequestSize(request({ query: query(room + 1) }))).toThrow(refusal(414));
  expect(() => checkRequestSize(request({ query: [['q', 'é'.repeat(room / 6 + 1)]] }))).toThrow(refusal(414));
  expect(() => checkRequestSize(request({ path: `/${'x'.repeat(MAX_URI_BYTES)}` }))).toThrow(refusal(414));
});

test('headers may be 16,384 bytes together', () => {
  const headers = (length: number) => [['X-A', 'x'.repeat(length)] as const];
  const room = MAX_HEADER_BYTES - 'X-A'.length - 4;

  expect(() => checkRequestSize(request({ headers: headers(room) }))).not.toThrow();
  expect(() => checkRequestSize(request({ headers: headers(room + 1) }))).toThrow(refusal(494));
});
