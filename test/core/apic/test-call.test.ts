import { expect, test } from '@jest/globals';
import type { ApiParameter, ParameterPlace } from '../../../core/apic/api-definition.ts';
import { testCall } from '../../../core/apic/test-call.ts';

const declared = (name: string, place: ParameterPlace): ApiParameter => ({
  name,
  in: place,
  type: 'string',
  required: false,
});
const API = {
  method: 'ANY' as const,
  path: '/a/{id}',
  parameters: [
    declared('id', 'path'),
    declared('X-B', 'header'),
    declared('note', 'body'),
    declared('q', 'query'),
    declared('tenant', 'context'),
  ],
};

test('each parameter goes where it is declared, others into the query', () => {
  expect(testCall(API, { parameters: { id: 'ü/1', 'X-B': 'b', note: 'n', q: '1', more: '2', tenant: 't' } })).toEqual({
    method: 'GET',
    context: { tenant: 't' },
    path: '/a/%C3%BC%2F1',
    resource: '/a/{id}',
    pathParameters: { id: 'ü/1' },
    query: [
      ['q', '1'],
      ['more', '2'],
    ],
    headers: [
      ['X-B', 'b'],
      ['Content-Type', 'application/json'],
    ],
    body: '{"note":"n"}',
  });
});

test.each([
  ['{"a":1}', {}, 'application/json'],
  ['a=1&b=2', {}, 'application/x-www-form-urlencoded'],
  ['<a/>', { 'content-type': 'text/xml' }, 'text/xml'],
])('a body %s with headers %j is sent as %s', (body, headers, type) => {
  expect(testCall(API, { parameters: { id: '1' }, body, headers }).headers.map(([, value]) => value)).toEqual([type]);
});

test('a body that is given and made of parameters as well is refused', () => {
  expect(() => testCall(API, { parameters: { id: '1', note: 'n' }, body: '{}' })).toThrow('parameters note');
});
