import { expect, test } from '@jest/globals';
import { CfnParameter, Duration } from 'aws-cdk-lib';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { HttpApi, type HttpApiProps } from '../../../lib/apic/http-api.ts';
import { HttpBackend, type HttpBackendProps } from '../../../lib/apic/http-backend.ts';
import { SignatureKey } from '../../../lib/apic/signature-key.ts';
import { definitionsOf, resourceNamed, resourcesOf, sandbox } from '../sandbox.ts';

function world(props: Partial<HttpBackendProps> = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Shop');
  const backend = new HttpBackend(box.stack, 'Warehouse', { url: 'https://shop.test/v1/', ...props });
  const api = (more: Partial<HttpApiProps> = {}, id = 'Item') =>
    new HttpApi(box.stack, id, { ...{ group, app: box.owner, backend, path: '/items/{id}' }, ...more });

  return { ...box, group, backend, api };
}

const backendsOf = (box: ReturnType<typeof world>) =>
  definitionsOf<ApiDefinitions>(box.stack, 'ShopHttp').apis.map(({ backend }) => backend);

test('an API of a server goes where its own path says, once, for five seconds', () => {
  const box = world();
  box.api();

  expect(backendsOf(box)).toEqual([
    {
      kind: 'http',
      address: { value: 'https://shop.test/v1' },
      method: 'GET',
      path: '/items/{id}',
      timeoutMs: 5000,
      retries: 0,
      parameters: [{ name: 'id', in: 'path', from: { parameter: 'id' } }],
    },
  ]);
});

test('parameters are where the backend has them, each in one place', () => {
  const box = world();
  box.api({
    ...{ backendPath: '/stock/{article}', backendMethod: 'POST', passthrough: true },
    parameters: { unit: { in: 'query' }, note: { in: 'header' } },
    backendParameters: {
      article: { in: 'path', from: 'id' },
      Unit: { in: 'header', from: 'unit' },
      source: { in: 'query', value: 'causeway' },
      call: { in: 'query', system: 'requestId' },
    },
  });

  expect(backendsOf(box)).toMatchObject([
    {
      ...{ method: 'POST', path: '/stock/{article}', passthrough: true },
      parameters: [
        { name: 'article', in: 'path', from: { parameter: 'id' } },
        { name: 'Unit', in: 'header', from: { parameter: 'unit' } },
        { name: 'source', in: 'query', from: { constant: 'causeway' } },
        { name: 'call', in: 'query', from: { system: 'requestId' } },
        { name: 'note', in: 'header', from: { parameter: 'note' } },
      ],
    },
  ]);
});

test('an address that is known only at deployment is in the environment', () => {
  const box = world();
  const url = new CfnParameter(box.stack, 'Url').valueAsString;
  const backend = new HttpBackend(box.stack, 'Later', { url });
  box.api({ backend });
  box.api({ backend, path: '/other/{id}' }, 'Other');

  expect(backendsOf(box)).toMatchObject([
    { address: { environment: 'BACKEND_URL_0' } },
    { address: { environment: 'BACKEND_URL_0' } },
  ]);
});

test('a key has a secret for each version, and the function may read the one that signs', () => {
  const box = world();
  const signatureKey = new SignatureKey(box.stack, 'WarehouseKey', { versions: ['2', '1'] });
  box.api({ signatureKey });

  const secrets = Object.values(resourcesOf(box.stack, 'AWS::SecretsManager::Secret')).map(
    ({ Properties }) => (Properties['GenerateSecretString'] as { SecretStringTemplate?: string })?.SecretStringTemplate,
  );
  expect(secrets).toEqual(expect.arrayContaining(['{"key":"WarehouseKey.2"}', '{"key":"WarehouseKey.1"}']));
  const policy = JSON.stringify(resourceNamed(box.stack, 'AWS::IAM::Policy', 'ShopHttp').Properties);
  expect(policy).toContain('WarehouseKeySecret2');
  expect(policy).not.toContain('WarehouseKeySecret1');
  expect(backendsOf(box)).toMatchObject([{ signatureKey: 'WarehouseKey' }]);
});

test('a backend with a key serves only APIs that are bound to the same', () => {
  const box = world();
  const [key, other] = [new SignatureKey(box.stack, 'OneKey'), new SignatureKey(box.stack, 'OtherKey')];
  const backend = new HttpBackend(box.stack, 'Guarded', { url: 'https://shop.test', signatureKey: key });
  const data = {
    group: box.group,
    app: box.owner,
    reads: [],
    path: '/rows',
    sql: 'SELECT 1',
    backendSignatureKey: key,
  };

  expect(() => box.api({ backend }, 'None')).toThrow(
    'Lot/None: signatureKey: received "none"; allowed: Lot/OneKey: Lot/Guarded serves only APIs that are bound to it',
  );
  expect(() => box.api({ backend, signatureKey: other }, 'Wrong')).toThrow(
    'received "Lot/OtherKey"; allowed: Lot/OneKey',
  );
  expect(() => new DataApi(box.stack, 'Rows', data)).toThrow(
    'received "none"; allowed: Lot/OneKey: the backend of Lot/Rows serves',
  );
  new DataApi(box.stack, 'Bound', { ...data, signatureKey: key });
  box.api({ backend, signatureKey: key }, 'Right');
  expect(backendsOf(box)).toHaveLength(2);
});

test.each<[string, Partial<HttpApiProps>, string]>([
  ['too many attempts', { retries: 5 }, 'attempts of 5000 ms that make at most 28000 ms'],
  ['a path with a variable of nobody', { backendPath: '/x/{other}' }, '{other} as one of backendParameters'],
  ['a path with dots', { backendPath: '/a/../b' }, 'without `.` and `..`'],
  ['variables of an environment', { backendPath: '/#path#/x' }, 'a slash, then letters'],
  ['a parameter nobody declares', { backendParameters: { x: { in: 'query', from: 'y' } } }, 'allowed: id'],
  ['a body where there is none', { backendParameters: { x: { in: 'body', from: 'id' } } }, 'has no body'],
  ['a header of the connection', { backendParameters: { Upgrade: { in: 'header', value: 'x' } } }, 'another header'],
  ['a credential', { parameters: { 'X-Auth-Token': { in: 'header' } } }, 'no credential of the caller'],
  ['a longer time than a call has', { timeout: Duration.seconds(29) }, 'from 50 to 28000 milliseconds'],
  [
    'a path without a value',
    {
      parameters: { unit: { in: 'query' } },
      backendPath: '/{unit}',
      backendParameters: { unit: { in: 'path', from: 'unit' } },
    },
    'a parameter that is required or has a default',
  ],
])('%s is refused', (_, props, message) => {
  expect(() => world().api(props)).toThrow(message);
});

test.each<[string, Partial<HttpBackendProps>, string]>([
  ['another protocol', { url: 'ftp://shop.test' }, 'https:// or http://'],
  ['a password', { url: 'https://me:secret@shop.test' }, 'received "https://…@shop.test"'],
  ['a query', { url: 'https://shop.test?a=1' }, 'no query'],
  ['an authority that is none', { certificateAuthority: 'my ca' }, 'certificates in PEM'],
])('a backend with %s is refused', (_, props, message) => {
  expect(() => world(props)).toThrow(message);
});

test('versions of a key are one or two', () => {
  const { stack } = world();

  for (const [index, versions] of [[], ['1', '1'], ['1', '2', '3'], ['a b']].entries()) {
    expect(() => new SignatureKey(stack, `Key${index}`, { versions })).toThrow('versions: received');
  }
});
