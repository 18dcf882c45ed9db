import { expect, test } from '@jest/globals';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import type { MigrationDefinitions } from '../../../core/platform/migration.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi, type DataApiProps } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { definitionsOf, onlyResource, resourcesOf, type Sandbox, sandbox, tableOf } from '../sandbox.ts';

function apiWith(props: Partial<DataApiProps> = {}) {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Parking');
  const defaults = { group, app: box.owner, path: '/free', sql: 'SELECT 1', reads: [] };

  return { ...box, group, api: new DataApi(box.stack, 'Free', { ...defaults, ...props }) };
}

test('an API is a GET for apps by signature, its rows under `default`', () => {
  expect(definitionsOf(apiWith().stack, 'ParkingData')).toEqual({
    group: 'Parking',
    stage: 'RELEASE',
    apis: [
      {
        name: 'Free',
        app: 'Owner',
        method: 'GET',
        path: '/free',
        auth: 'app',
        appCode: false,
        parameters: [],
        backend: { kind: 'data', returnObject: 'default', sql: 'SELECT 1' },
      },
    ],
  });
});

test('parameters of the path need no declaration, others are declared', () => {
  const box = apiWith({
    path: '/spaces/{id}',
    sql: 'SELECT ${id}, ${limit}',
    parameters: {
      limit: { in: 'query', type: 'integer', minimum: 1, maximum: 50, default: '10', description: 'how many' },
    },
  });

  expect(definitionsOf<ApiDefinitions>(box.stack, 'ParkingData').apis[0]?.parameters).toEqual([
    { name: 'id', in: 'path', type: 'string', required: true },
    {
      name: 'limit',
      in: 'query',
      type: 'integer',
      required: false,
      default: '10',
      minimum: 1,
      maximum: 50,
      description: 'how many',
    },
  ]);
});

test('a parameter of the path can have another type', () => {
  const box = apiWith({
    path: '/spaces/{id}',
    sql: 'SELECT ${id}',
    parameters: { id: { in: 'path', type: 'integer' } },
  });

  expect(definitionsOf<ApiDefinitions>(box.stack, 'ParkingData').apis[0]?.parameters).toEqual([
    { name: 'id', in: 'path', type: 'integer', required: true },
  ]);
});

test('the user of the APIs gets rights on the tables it names, and on no others', () => {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Parking');
  const [spaces, log] = [tableOf(box, 'Spaces'), tableOf(box, 'Log')];
  new DataApi(box.stack, 'Free', { group, app: box.owner, path: '/free', sql: 'SELECT 1', reads: [spaces] });
  new DataApi(box.stack, 'Note', {
    group,
    app: box.owner,
    method: 'POST',
    path: '/notes',
    sql: 'INSERT INTO Log VALUES (1)',
    reads: [],
    writes: [log],
  });

  expect(grantsOf(box, 'TablesSpaces')).toEqual([{ user: 'causeway_api', table: 'Spaces', rights: ['SELECT'] }]);
  expect(grantsOf(box, 'TablesLog')).toEqual([
    { user: 'causeway_api', table: 'Log', rights: ['INSERT', 'UPDATE', 'DELETE'] },
  ]);
});

test('grants are written once, for all apps an API is granted to', () => {
  const { stack, owner, api } = apiWith();
  api.grantTo(new IntegrationApp(stack, 'City'));
  api.grantTo(new IntegrationApp(stack, 'Driver'));
  api.grantTo(owner);

  expect(onlyResource(stack, 'Custom::CausewayGrants').Properties).toMatchObject({
    Group: 'Parking',
    Api: 'Free',
    Stage: 'RELEASE',
    Apps: ['City', 'Driver'],
  });
});

test('the owner needs no grant', () => {
  const { stack, owner, api } = apiWith();
  api.grantTo(owner);

  expect(resourcesOf(stack, 'Custom::CausewayGrants')).toEqual({});
});

test('an API for anyone is granted to nobody', () => {
  const { stack, api } = apiWith({ auth: 'none' });

  expect(() => api.grantTo(new IntegrationApp(stack, 'City'))).toThrow(
    'an API with auth app: no app is asked at this one',
  );
});

test.each<[string, Partial<DataApiProps>]>([
  ['name', { name: 'x' }],
  ['method', { method: 'PATCH' as 'GET' }],
  ['auth', { auth: 'anyone' as 'app' }],
  ['appCode', { auth: 'none', appCode: true }],
  ['returnObject', { returnObject: 'with space' }],
  ['returnObject', { returnObject: 'x'.repeat(33) }],
  ['parameters.id', { parameters: { id: { in: 'path' } } }],
  ['parameters.id.in', { path: '/{id}', parameters: { id: { in: 'query' } } }],
  ['parameters.id.required', { path: '/{id}', parameters: { id: { in: 'path', required: false } } }],
  ['parameters.q.in', { parameters: { q: { in: 'cookie' as 'query' } } }],
  ['parameters.q.type', { parameters: { q: { in: 'query', type: 'date' as 'string' } } }],
  ['parameters.1q', { parameters: { '1q': { in: 'query' } } }],
  ...(
    [
      ['minimum', { minimum: 1 }],
      ['minimum', { type: 'integer', minimum: 0.5 }],
      ['minimum', { type: 'integer', minimum: 2, maximum: 1 }],
      ['maximum', { type: 'number', maximum: Number.NaN }],
      ['maxLength', { maxLength: 0 }],
      ['maxLength', { type: 'integer', maxLength: 5 }],
      ['maxLength', { maxLength: 65_537 }],
      ['pattern', { pattern: '[' }],
      ['pattern', { type: 'boolean', pattern: 'a' }],
      ['enum', { enum: [] }],
      ['enum', { type: 'integer', enum: ['1', 'two'] }],
    ] as const
  ).map(([limit, props]): [string, Partial<DataApiProps>] => [
    `parameters.q.${limit}`,
    { parameters: { q: { in: 'query', ...props } } },
  ]),
  ['parameters: default of q', { parameters: { q: { in: 'query', maxLength: 2, default: 'abc' } } }],
  ['sql', { sql: 'SELECT ${unknown}' }],
  ['sql', { sql: 'SELECT 1; SELECT 2' }],
])('%s is refused: %j', (setting, props) => {
  expect(() => apiWith(props)).toThrow(`Lot/Free: ${setting}: received`);
});

test('a path that cannot stand in the group is refused', () => {
  expect(() => apiWith({ path: 'free' })).toThrow('path: received "free"');
});

function grantsOf({ stack }: Sandbox, start: string): unknown {
  return definitionsOf<MigrationDefinitions>(stack, start).grants;
}
