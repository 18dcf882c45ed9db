import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiDefinition, ApiDefinitions } from '../../../core/apic/api-definition.ts';

/** The definitions of the group these tests call. Importing this file first gives the handlers theirs, as the unpacked asset does in Lambda. */
export const DEFINITIONS: ApiDefinitions = {
  group: 'Parking',
  stage: 'RELEASE',
  apis: [
    api({ name: 'free', path: '/parking/free', sql: 'select count(*) as FreeNo from ParkingData' }),
    api({
      name: 'space',
      path: '/parking/spaces/{deviceId}',
      sql: "select * from ParkingData where DeviceId='${deviceId}'[ and Status=${status}]",
      parameters: [
        { name: 'deviceId', in: 'path', type: 'string', required: true },
        { name: 'status', in: 'query', type: 'integer', required: false },
      ],
    }),
    api({
      name: 'report',
      method: 'POST',
      path: '/parking/report',
      appCode: false,
      sql: 'insert into Report(Text) values(${text})',
      parameters: [{ name: 'text', in: 'body', type: 'string', required: true }],
    }),
    api({ name: 'once', path: '/parking/once', method: 'ANY', appCode: false, replayDefence: true, sql: 'select 1' }),
    api({ name: 'explains', path: '/parking/explains', method: 'ANY', explain: true, sql: 'select 1' }),
    api({ name: 'open', method: 'ANY', path: '/parking/open', auth: 'none', appCode: false, sql: 'select 1 as One' }),
  ],
};

const folder = mkdtempSync(join(tmpdir(), 'causeway-task-'));
writeFileSync(join(folder, 'definitions.json'), JSON.stringify(DEFINITIONS));
process.env['LAMBDA_TASK_ROOT'] = folder;
process.env['AWS_REGION'] = 'us-east-1';

function api({ sql, ...more }: Partial<ApiDefinition> & { name: string; path: string; sql: string }): ApiDefinition {
  return {
    app: 'Parking',
    method: 'GET',
    auth: 'app',
    appCode: true,
    parameters: [],
    backend: { kind: 'data', returnObject: 'default', sql },
    ...more,
  };
}
