import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import type { ApiFunction, ParametersOf } from '../../../lib/apic/api-function.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { FunctionApi, type FunctionApiProps } from '../../../lib/apic/function-api.ts';
import type { ParameterProps } from '../../../lib/apic/parameter-props.ts';
import { assetOf, definitionsOf, resourceNamed, resourcesOf, sandbox, tableOf } from '../sandbox.ts';

let folder: string;
let module: string;
let script: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-function-'));
  module = join(folder, 'orders.ts');
  script = join(folder, 'orders.js');
  writeFileSync(module, 'export default async () => 1;');
  writeFileSync(script, 'function execute(data) { return "Hello world!" }');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lot(props: object = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Shop');
  const make = (more: object = {}, id = 'Orders') =>
    new FunctionApi(box.stack, id, {
      group,
      app: box.owner,
      path: '/orders/{id}',
      code: module,
      ...props,
      ...more,
    } as FunctionApiProps);

  return { ...box, group, make };
}

test('a module is an API whose function is its own', () => {
  const { stack, make } = lot();

  make({ parameters: { id: { in: 'path', type: 'integer' } }, memory: 512, timeout: Duration.seconds(5) });

  expect(definitionsOf<ApiDefinitions>(stack, 'OrdersFunction').apis).toEqual([
    {
      name: 'Orders',
      app: 'Owner',
      method: 'GET',
      path: '/orders/{id}',
      auth: 'app',
      appCode: false,
      parameters: [{ name: 'id', in: 'path', type: 'integer', required: true }],
      backend: { kind: 'function' },
    },
  ]);
  expect(resourceNamed(stack, 'AWS::Lambda::Function', 'OrdersFunction').Properties).toMatchObject({
    MemorySize: 512,
    Timeout: 5,
    Environment: { Variables: { DATABASE_NAME: 'integration' } },
  });
});

test('a script has a function of its own as well', () => {
  const { stack, make } = lot({ code: undefined });

  make({ script, cpuMs: 500 });

  expect(definitionsOf<ApiDefinitions>(stack, 'OrdersFunction').apis[0]?.backend).toEqual({
    kind: 'script',
    script: 'orders.js',
    limits: { cpuMs: 500, memoryMb: 64 },
  });
  expect(readFileSync(join(assetOf(stack, 'OrdersFunction'), 'scripts/orders.js'), 'utf8')).toContain('Hello world!');
});

test('the user of the APIs gets the rights on what it reads and writes', () => {
  const box = lot();
  const [orders, items] = [tableOf(box, 'Orders'), tableOf(box, 'Items')];

  box.make({ reads: [orders], writes: [items] });

  expect(
    ['TablesOrders', 'TablesItems'].flatMap(
      (start) => definitionsOf<{ grants: object[] }>(box.stack, `${start}Migrate`).grants,
    ),
  ).toEqual([
    { user: 'causeway_api', table: 'Orders', rights: ['SELECT'] },
    { user: 'causeway_api', table: 'Items', rights: ['INSERT', 'UPDATE', 'DELETE'] },
  ]);
});

test('variables and secrets are known by name; secrets stay out of the asset, and the role may read them', () => {
  const { stack, make } = lot();
  const secret = new Secret(stack, 'Partner');

  make({ variables: { city: 'Zürich' }, secrets: { token: { secret, key: 'token' } } });

  const values = JSON.parse(readFileSync(join(assetOf(stack, 'OrdersFunction'), 'variables.json'), 'utf8'));
  expect(values).toEqual({
    variables: { city: { value: 'Zürich' } },
    secrets: { token: { secret: 'SCRIPT_VARIABLE_1', key: 'token' } },
    sources: {},
  });
  expect(JSON.stringify(resourceNamed(stack, 'AWS::IAM::Policy', 'OrdersFunctionRole'))).toContain('Partner');
});

test('an API that is not published has a function and no route, and only the function knows it', () => {
  const box = lot();
  box.make();
  const next = { published: false, path: '/orders/{id}' };

  box.make(next, 'OrdersNext');
  new DataApi(box.stack, 'Count', {
    ...{ group: box.group, app: box.owner, path: '/count', published: false },
    sql: 'select 1 as One',
    reads: [],
  });

  const routes = Object.values(resourcesOf(box.stack, 'AWS::ApiGateway::Resource')).map(
    ({ Properties: { PathPart } }) => PathPart,
  );
  expect(routes).not.toContain('count');
  const names = (start: string) => {
    const { apis, unpublished = [] } = definitionsOf<ApiDefinitions>(box.stack, start);

    return [apis, unpublished].map((list) => list.map(({ name }) => name));
  };
  expect(names('OrdersNextFunction')).toEqual([['Orders'], ['OrdersNext', 'Count']]);
  expect(names('ShopData')).toEqual([['Orders'], ['OrdersNext', 'Count']]);
  expect(names('ShopAuthorize')).toEqual([['Orders'], []]);
});

test('a name that an unpublished API has is taken', () => {
  const { make } = lot();
  make({ published: false });

  expect(() => make({ name: 'Orders', path: '/other' }, 'Other')).toThrow('a name no other API of Lot/Shop has');
});

test.each<[string, object, string]>([
  ['neither code nor script', { code: undefined }, 'code: received undefined'],
  ['both code and script', { script: 'orders.js' }, 'nothing beside `code`'],
  ['code that is no module', { code: 'orders.sql' }, 'received "orders.sql"'],
  ['more time than the gateway has', { timeout: Duration.seconds(30) }, 'timeout: received 30'],
  ['a default of another type', { parameters: { n: { in: 'query', type: 'integer', default: 'x' } } }, 'default of n'],
  ['one name twice', { variables: { a: '1' }, secrets: { a: { secret: { secretArn: 'arn' } } } }, 'secrets.a'],
])('%s is refused at synthesis', (_name, props, message) => {
  expect(() => lot().make(props)).toThrow(message);
});

test('the types of parameters are those of their declaration', () => {
  const parameters = {
    id: { in: 'path', type: 'integer' },
    city: { in: 'query' },
    state: { in: 'query', enum: ['open', 'done'], default: 'open' },
    paid: { in: 'query', type: 'boolean', required: true },
  } as const satisfies Record<string, ParameterProps>;
  const run: ApiFunction<ParametersOf<typeof parameters>> = ({ parameters: { id, city, state, paid } }) => {
    const texts: [number, string | undefined, 'open' | 'done', boolean] = [id, city, state, paid];
    // @ts-expect-error a parameter that may be absent is no text
    const text: string = city;

    return [texts, text];
  };

  expect(run).toBeInstanceOf(Function);
});
