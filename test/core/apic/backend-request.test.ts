import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiParameter } from '../../../core/apic/api-definition.ts';
import { type BackendCall, backendRequests } from '../../../core/apic/backend-request.ts';
import { CREDENTIAL_HEADERS, type HttpBackend, OF_THE_CONNECTION } from '../../../core/apic/http-backend.ts';

const ID: ApiParameter = { name: 'id', in: 'path', type: 'string', required: true };
const BACKEND: HttpBackend = {
  ...{
    kind: 'http',
    address: { value: 'https://shop.test' },
    method: 'POST',
    path: '/items/{id}',
    timeoutMs: 1,
    retries: 0,
  },
  parameters: [{ name: 'id', in: 'path', from: { parameter: 'id' } }],
};
const CALL: BackendCall = {
  ...{ path: { id: '7' }, query: [], headers: [], body: Buffer.alloc(0), method: 'POST', api: 'Item', app: 'City' },
  requestId: '56b2c6ae4a49f44b88670201eade9e05',
};

function sent(call: Partial<BackendCall> = {}, backend: Partial<HttpBackend> = {}, parameters: ApiParameter[] = [ID]) {
  const request = backendRequests({ name: 'Item', parameters, backend: { ...BACKEND, ...backend } }, ['x-user']);
  const { body, ...rest } = request({ ...CALL, ...call });

  return { ...rest, ...(body !== undefined && { body: Buffer.from(body).toString() }) };
}

test('without any word of its own a backend gets the declared parameters, the body and its type', () => {
  const call = {
    query: [['note', 'x']] as const,
    headers: [
      ['Content-Type', 'text/plain'],
      ['X-Other', '1'],
    ] as const,
    body: Buffer.from('hello'),
  };

  expect(sent(call)).toEqual({
    method: 'POST',
    target: '/items/7',
    headers: {
      'accept-encoding': 'identity',
      'content-type': 'text/plain',
      'x-request-id': CALL.requestId,
      'x-causeway-hops': '1',
    },
    body: 'hello',
  });
});

test('with passthrough the rest goes along, but nothing that shows who calls and nothing of the connection', () => {
  const secrets = [...CREDENTIAL_HEADERS, ...OF_THE_CONNECTION, 'X-User', 'Host', 'X-Inner'];
  const headers = [
    ...secrets.map((name) => [name, name === 'connection' ? 'close, x-inner' : 'secret'] as const),
    ['X-Other', '1'] as const,
    ['x-other', '2'] as const,
  ];
  const request = sent(
    {
      headers,
      query: [
        ['a', '1'],
        ['a', 'ü&'],
      ],
    },
    { passthrough: true },
  );

  expect(request.target).toBe('/items/7?a=1&a=%C3%BC%26');
  expect(Object.keys(request.headers).sort()).toEqual([
    'accept-encoding',
    'x-causeway-hops',
    'x-other',
    'x-request-id',
  ]);
  expect(request.headers['x-other']).toBe('1, 2');
});

test('a parameter is where the backend has it, and no longer where it came', () => {
  const urgent: ApiParameter = { name: 'urgent', in: 'query', type: 'boolean', required: false, default: 'false' };
  const parameters: HttpBackend['parameters'] = [
    ...BACKEND.parameters,
    { name: 'X-Priority', in: 'header', from: { parameter: 'urgent' } },
    { name: 'X-App', in: 'header', from: { system: 'app' } },
    { name: 'source', in: 'query', from: { constant: 'a b' } },
  ];
  const request = sent({ query: [['urgent', 'true']] }, { passthrough: true, parameters }, [ID, urgent]);

  expect(request).toMatchObject({
    target: '/items/7?source=a%20b',
    headers: { 'x-priority': 'true', 'x-app': 'City' },
  });
  expect(sent({}, { parameters }, [ID, urgent]).headers).toMatchObject({ 'x-priority': 'false' });
});

test('a body that something is moved into or out of is made anew, in the form it came in', () => {
  const amount: ApiParameter = { name: 'amount', in: 'body', type: 'integer', required: true };
  const note: ApiParameter = { name: 'note', in: 'body', type: 'string', required: false };
  const parameters: HttpBackend['parameters'] = [
    ...BACKEND.parameters,
    { name: 'total', in: 'body', from: { parameter: 'amount' } },
    { name: 'note', in: 'body', from: { parameter: 'note' } },
  ];
  const json = { headers: [['content-type', 'application/json']] as const, body: Buffer.from('{"amount":3,"x":1}') };
  const form = {
    headers: [['content-type', 'application/x-www-form-urlencoded']] as const,
    body: Buffer.from('amount=3&note=%26'),
  };
  const same: HttpBackend['parameters'] = [
    ...BACKEND.parameters,
    ...['amount', 'note'].map((name) => ({ name, in: 'body' as const, from: { parameter: name } })),
  ];

  expect(sent(json, { parameters }, [ID, amount, note]).body).toBe('{"total":3}');
  expect(sent(form, { parameters }, [ID, amount, note])).toMatchObject({ body: 'total=3&note=%26' });
  expect(sent(json, { parameters: same }, [ID, amount, note]).body).toBe('{"amount":3,"x":1}');
});

test('no value of a parameter leads to another path', () => {
  for (const id of ['', '.', '..']) {
    expect(() => sent({ path: { id } })).toThrow('Orchestration error. {id} of the path');
  }
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }).filter((id) => id !== '.' && id !== '..'),
      (id) => {
        const { pathname } = new URL(sent({ path: { id } }).target, 'https://shop.test');

        expect(pathname.split('/')).toHaveLength(3);
        expect(decodeURIComponent(pathname.split('/')[2] as string)).toBe(id.toWellFormed());
      },
    ),
  );
});

test('a value that would end its header is refused', () => {
  const name: ApiParameter = { name: 'name', in: 'query', type: 'string', required: true };
  const parameters: HttpBackend['parameters'] = [
    ...BACKEND.parameters,
    { name: 'X-Name', in: 'header', from: { parameter: 'name' } },
  ];

  expect(() => sent({ query: [['name', 'a\r\nX-Admin: 1']] }, { parameters }, [ID, name])).toThrow('header X-Name');
});

test('the tenth API in a row refuses', () => {
  expect(sent({ headers: [['X-Causeway-Hops', '8']] }).headers['x-causeway-hops']).toBe('9');
  expect(() => sent({ headers: [['X-Causeway-Hops', '9']] })).toThrow('An API cannot call itself.');
});

test('a method without a body has none', () => {
  expect(sent({ body: Buffer.from('x') }, { method: 'GET' })).not.toHaveProperty('body');
  expect(sent({ method: 'DELETE', body: Buffer.from('x') }, { method: 'ANY' })).toMatchObject({
    method: 'DELETE',
    body: 'x',
  });
});
