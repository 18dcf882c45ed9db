import { beforeEach, expect, test } from '@jest/globals';
import { manageRejected } from '../../../functions/fdi/manage-rejected.ts';
import { type Database, database } from '../../../functions/shared/database.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { parking } from './parking.ts';

const lot = parking();
logLines();
let source: Pick<Database, 'execute'>;
const handler = manageRejected(() => ({
  database: source,
  isTask: async (name) => name === 'ParkingHistory' || name === 'Idle',
}));

beforeEach(async () => {
  Object.assign(process.env, lot.environment);
  source = database();
});

interface Quarantined {
  readonly code?: string;
  readonly device?: string | null;
  /** `HH:MM:SS.mmm` of one day. */
  readonly at?: string;
  /** SQL, as the next one. */
  readonly body?: string;
  readonly reason?: string;
}

async function quarantined(...records: readonly Quarantined[]): Promise<void> {
  const rows = records.map(
    ({ code = 'model', device = 'S-001', at = '08:00:00.000', body = "'x'", reason = "'why'" }, n) =>
      `('ParkingHistory', 1, 'shardId-000000000000', '${String(n).padStart(64, '0')}', 'S-001', ${
        device === null ? 'NULL, NULL, NULL, NULL' : `'2026-11-24 07:59:59.123', 'trace-${n}', 'p1', '${device}'`
      }, '${code}', ${reason}, 'aaaabbbbcccc', ${code === 'model' ? "'111122223333'" : 'NULL'}, ${body}, '2026-11-24 ${at}')`,
  );
  await lot.query(`INSERT INTO causeway.quarantine (Task, Epoch, Shard, Seq, PartitionKey, EventTime, TraceId, ProductId, DeviceId,
    Code, Reason, MappingVersion, ModelVersion, Body, QuarantinedAt) VALUES ${rows.join(', ')}`);
}

const list = (query: Readonly<Record<string, string>> = {}, task = 'ParkingHistory') =>
  callManagement(handler, { resource: '/tasks/{task}/rejected', path: { task }, query });
const show = (id: string, task = 'ParkingHistory') =>
  callManagement(handler, { resource: '/tasks/{task}/rejected/{id}', path: { task, id } });
const items = async (query: Readonly<Record<string, string>> = {}) =>
  (await list(query)).body['items'] as Readonly<Record<string, unknown>>[];
const devices = async (query: Readonly<Record<string, string>>) => (await items(query)).map(({ deviceId }) => deviceId);

test('the list shows what was quarantined, the last first, without payloads', async () => {
  await quarantined({ at: '08:00:00.000' }, { at: '09:00:00.500', code: 'syntax', device: 'S-002', body: "'no json'" });

  const { status, body } = await list();

  expect(status).toBe(200);
  expect(body).toEqual({
    items: [
      {
        id: expect.any(Number),
        quarantinedAt: '2026-11-24T09:00:00.500Z',
        eventTime: '2026-11-24T07:59:59.123Z',
        productId: 'p1',
        deviceId: 'S-002',
        traceId: 'trace-1',
        position: null,
        code: 'syntax',
        reason: 'why',
        bytes: 7,
        attempts: 0,
        corrected: false,
      },
      expect.objectContaining({ quarantinedAt: '2026-11-24T08:00:00.000Z', code: 'model' }),
    ],
  });
});

test('a record of a scheduled task is listed with its position in the source', async () => {
  await quarantined({ at: '08:00:00.000' });
  await lot.query("UPDATE causeway.quarantine SET TraceId = '20261124T080000123Z-1f3a', PartitionKey = 'Id=17'");

  expect(await items()).toMatchObject([{ position: 'Id=17', traceId: '20261124T080000123Z-1f3a' }]);
});

test('it can be narrowed by code, device and time', async () => {
  await quarantined(
    { device: 'A', code: 'syntax', at: '08:00:00.000' },
    { device: 'B', at: '09:00:00.000' },
    { device: 'C', at: '10:00:00.000' },
  );

  expect(await devices({ code: 'syntax' })).toEqual(['A']);
  expect(await devices({ device: 'C' })).toEqual(['C']);
  expect(await devices({ since: '2026-11-24T09:00:00Z' })).toEqual(['C', 'B']);
  expect(await devices({ since: '2026-11-24T08:00:00Z', until: '2026-11-24T10:00:00Z' })).toEqual(['B', 'A']);
  expect(await devices({ since: '2026-11-24T10:00:00+01:00', code: 'model' })).toEqual(['C', 'B']);
});

test('pages show every record once, also when many are of one moment', async () => {
  await quarantined(
    ...Array.from({ length: 7 }, (_, n) => ({ device: `S-${n}`, at: n < 5 ? '08:00:00.000' : '09:00:00.000' })),
  );
  const seen: unknown[] = [];
  let next: string | undefined;
  do {
    const { body } = await list({ limit: '2', ...(next !== undefined && { next }) });
    seen.push(...(body['items'] as { deviceId: string }[]).map(({ deviceId }) => deviceId));
    next = body['next'] as string | undefined;
  } while (next !== undefined);

  expect(seen).toEqual(['S-6', 'S-5', 'S-4', 'S-3', 'S-2', 'S-1', 'S-0']);
});

test('a record is shown with its position, its versions and its exact bytes, however many', async () => {
  await quarantined({ body: "REPEAT(UNHEX('00FF41'), 50001)", reason: "REPEAT('r', 1000)" });
  const [{ id } = {}] = await items();

  const { body } = await show(String(id));

  expect(body).toMatchObject({
    task: 'ParkingHistory',
    epoch: 1,
    shard: 'shardId-000000000000',
    sequenceNumber: '0',
    partitionKey: 'S-001',
    mappingVersion: 'aaaabbbbcccc',
    modelVersion: '111122223333',
    reason: 'r'.repeat(1000),
    bytes: 150_003,
  });
  expect(Buffer.from(String(body['body']), 'base64').equals(Buffer.alloc(150_003, '\0\xffA', 'latin1'))).toBe(true);
});

test('a record that no rule wrote shows nulls, an empty one no bytes', async () => {
  await quarantined({ code: 'envelope', device: null, body: "''" });
  const [{ id } = {}] = await items();

  expect((await show(String(id))).body).toMatchObject({
    eventTime: null,
    deviceId: null,
    modelVersion: null,
    bytes: 0,
    body: '',
  });
});

test('two hundred of the longest records stay within what the Data API answers at once', async () => {
  for (let batch = 0; batch < 10; batch += 1) {
    await quarantined(...Array.from({ length: 20 }, () => ({ reason: "REPEAT('😀', 1000)", device: 'ü'.repeat(256) })));
  }

  expect(await items({ limit: '200' })).toHaveLength(200);
});

test.each<[Readonly<Record<string, string>>, string]>([
  [{ since: 'yesterday' }, 'since: received "yesterday"'],
  [{ until: '2026-99-99' }, 'until: received'],
  [{ next: 'abc' }, 'next: received "abc"'],
  [{ limit: '0' }, 'limit: received "0"'],
  [{ colour: 'red' }, 'colour is not known'],
])('the list refuses %j', async (query, message) => {
  const { status, body } = await list(query);

  expect(status).toBe(400);
  expect(body['error_msg']).toContain(message);
});

test('a task that nothing is known of, and a record that is not there, are not found', async () => {
  expect((await list({}, 'Nobody')).status).toBe(404);
  expect((await list({}, 'Idle')).body).toEqual({ items: [] });
  expect((await show('999999')).status).toBe(404);
  expect((await show('seven')).status).toBe(400);
});

test('a record belongs to its task: another one does not show it', async () => {
  await quarantined({});
  const [{ id } = {}] = await items();

  expect((await show(String(id), 'Idle')).status).toBe(404);
});

test('a database that is away is said to be', async () => {
  source = { execute: () => Promise.reject(new TypeError('away')) };

  expect(await list()).toMatchObject({ status: 502, body: { error_code: 'APIC.0202' } });
});
