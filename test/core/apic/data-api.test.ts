import { expect, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { type DataApiDefinition, dataApi } from '../../../core/apic/data-api.ts';

const DEFINITION: ApiDefinition & DataApiDefinition = {
  name: 'history',
  app: 'Parking',
  method: 'GET',
  path: '/parking/spaces/{deviceId}/history',
  auth: 'app',
  appCode: false,
  parameters: [
    { name: 'deviceId', in: 'path', type: 'string', required: true },
    { name: 'limit', in: 'query', type: 'integer', required: false, default: '10', minimum: 1, maximum: 1000 },
    { name: 'status', in: 'query', type: 'string', required: false },
    { name: 'ids', in: 'query', type: 'integer', required: false },
  ],
  backend: {
    kind: 'data',
    returnObject: 'default',
    sql: "select * from ParkingHistory where DeviceId='${deviceId}'[ and Status=${status}][ and Id in (${ids})] limit ${limit}",
  },
};

test('a call becomes a statement with bound values', () => {
  const call = { path: { deviceId: 'S-001' }, query: [['ids', '1,2']] as const, headers: [], body: Buffer.alloc(0) };

  expect(dataApi(DEFINITION).statementFor(call)).toEqual({
    sql: 'select * from ParkingHistory where DeviceId=:p0 and Id in (:p1, :p2) limit :p3',
    parameters: [
      { name: 'p0', value: { stringValue: 'S-001' } },
      { name: 'p1', value: { longValue: 1 } },
      { name: 'p2', value: { longValue: 2 } },
      { name: 'p3', value: { longValue: 10 } },
    ],
  });
});

test('the rows are put under the return object as the text they are', () => {
  const rows = '[{"Id":123456789012345678901,"Fee":1.10}]';

  expect(dataApi(DEFINITION).bodyOf({ rows, affected: 0 })).toBe(`{"default":${rows}}`);
});

test('a statement without rows says how many it changed', () => {
  const { bodyOf } = dataApi({ ...DEFINITION, backend: { ...DEFINITION.backend, returnObject: 'result' } });

  expect(bodyOf({ rows: undefined, affected: 3 })).toBe('{"result":[{"affected":3}]}');
});

test('what cannot work is found before the first call and names the API', () => {
  const sql = { ...DEFINITION, backend: { ...DEFINITION.backend, sql: 'select ${nobody}' } };
  const fallback = {
    ...DEFINITION,
    parameters: [{ ...DEFINITION.parameters[1], default: 'ten' }],
  } as DataApiDefinition;

  expect(() => dataApi(sql)).toThrow('history: sql');
  expect(() => dataApi({ ...fallback, backend: { ...DEFINITION.backend, sql: 'select 1' } })).toThrow(
    'history: parameters: default of limit: received "ten"',
  );
});
