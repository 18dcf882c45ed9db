import { expect, test } from '@jest/globals';
import { type ScriptCall, scriptData } from '../../../../core/apic/script/script-call.ts';

const CALL: ScriptCall = {
  method: 'POST',
  uri: '/scripts/orders',
  path: {},
  query: [],
  headers: [],
  body: Buffer.alloc(0),
};

const bodyOf = (text: string, type?: string) =>
  scriptData({
    ...CALL,
    headers: type === undefined ? [] : [['Content-Type', type]],
    body: Buffer.from(text),
  }).body;

test('method and uri as they were sent, names of headers in lower case, parameters of path and query together', () => {
  const data = scriptData({
    ...CALL,
    path: { id: '7' },
    query: [
      ['q', '中 文'],
      ['tag', 'a'],
      ['tag', 'b'],
      ['empty', ''],
    ],
    headers: [
      ['X-Auth', 'secret'],
      ['Accept', 'a'],
      ['accept', 'b'],
    ],
  });

  expect(data).toEqual({
    method: 'POST',
    uri: '/scripts/orders',
    headers: { 'x-auth': 'secret', accept: 'a, b' },
    param: { q: '中 文', tag: ['a', 'b'], empty: '', id: '7' },
    body: '',
    env: { $appId: '' },
  });
});

test('a query cannot pretend to be a parameter of the path', () => {
  expect(scriptData({ ...CALL, path: { id: '7' }, query: [['id', '8']] }).param).toEqual({ id: '7' });
});

test.each([
  ['{"a":{"b":1}}', 'application/json', { a: { b: 1 } }],
  ['[1]', undefined, [1]],
  ['"text"', 'application/json; charset=utf-8', 'text'],
  ['{broken', 'application/json', '{broken'],
  ['a=1&b=%E4%B8%AD&a=2', 'application/x-www-form-urlencoded', { a: ['1', '2'], b: '中' }],
  ['<a/>', 'application/xml', '<a/>'],
  ['', 'application/json', ''],
])('the body %p of type %p', (text, type, expected) => {
  expect(bodyOf(text, type)).toEqual(expected);
});

test('what authorizers say stands beside the reference’s fields, where they say anything', () => {
  expect(scriptData({ ...CALL, authorizer: { user: 'u' } })).toEqual({
    ...scriptData(CALL),
    authorizer: { user: 'u' },
  });
  expect(scriptData({ ...CALL, authorizer: {} })).not.toHaveProperty('authorizer');
});

test('a script learns which app calls', () => {
  expect(scriptData({ ...CALL, app: 'City' }).env).toEqual({ $appId: 'City' });
  expect(scriptData(CALL).env).toEqual({ $appId: '' });
});
