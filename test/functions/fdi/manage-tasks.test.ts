import { beforeEach, expect, test } from '@jest/globals';
import { Refusal } from '../../../core/errors.ts';
import type { EventSourceSettings } from '../../../core/fdi/event-source.ts';
import type { SourceCheck } from '../../../core/fdi/source-check.ts';
import type { TaskSource } from '../../../core/fdi/task-source.ts';
import { taskManagement } from '../../../functions/fdi/manage-tasks.ts';
import type { CatalogItem } from '../../../functions/shared/tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { NOW, TaskPorts } from './task-ports.ts';

const SETTINGS: EventSourceSettings = {
  functionArn: 'arn:function',
  streamArn: 'arn:stream',
  startingPosition: 'latest',
  batchSize: 1000,
  batchingWindowSeconds: 0,
};
let ports: TaskPorts;
const log = logLines();

const told: unknown[] = [];
const sources = new Map<string, TaskSource>();
const check: SourceCheck = {
  ...{ user: '', what: 'reads Events', milliseconds: 1, ok: false, kind: 'missing' },
  ...{ problem: 'it is not there', advice: 'deploy' },
};
const handler = taskManagement(() => ({
  controls: ports,
  database: ports.database,
  tell: async (functionArn, event) => void told.push({ functionArn, event }),
  proofs: {
    find: async (name) => sources.get(name),
    note: async (name, tested) => void sources.set(name, { ...(sources.get(name) as TaskSource), tested }),
    ask: async () => ({ checks: [check] }),
    now: () => NOW,
  },
  list: async ({ limit, next }) => {
    const names = [...ports.tasks.keys()].sort();
    const from = next === undefined ? 0 : Number(next);
    const items = names.slice(from, from + limit).map(itemOf);

    return from + limit < names.length ? { items, next: String(from + limit) } : { items };
  },
}));

function itemOf(name: string): CatalogItem {
  const { name: _, ...document } = ports.tasks.get(name) ?? { name };

  return { kind: 'task', name, document };
}

const get = (resource: string, task = '', query = {}) => callManagement(handler, { resource, path: { task }, query });
const post = (action: 'start' | 'stop', task: string) =>
  callManagement(handler, { method: 'POST', resource: `/tasks/{task}/${action}`, path: { task } });

test('a task whose source fails its test is not started, unless somebody insists: the log says who', async () => {
  ports.tasks.set('Unproved', { name: 'Unproved', app: 'A', topic: 'Events', table: 'Data', settings: SETTINGS });
  const tester = { functionArn: 'arn:function', task: 'Unproved', side: 'source' as const };
  sources.set('Unproved.source', { usedBy: 'Unproved', tester });
  const refused = await post('start', 'Unproved');
  const forced = await callManagement(handler, {
    ...{ method: 'POST', resource: '/tasks/{task}/start', path: { task: 'Unproved' }, body: { force: true } },
  });

  expect(refused).toMatchObject({ status: 412, body: { error_code: 'CAUSEWAY.0412' } });
  expect(refused.body['error_msg']).toContain('Unproved.source did not pass its test (reads Events): it is not there');
  expect(forced).toMatchObject({ status: 200, body: { state: 'started' } });
  expect(log.all()).toContainEqual(
    expect.objectContaining({
      ...{ task: 'Unproved', caller: 'arn:aws:iam::123456789012:user/operator' },
      message: expect.stringContaining('without a test'),
    }),
  );
});

const startFrom = (task: string, from: string) =>
  callManagement(handler, { method: 'POST', resource: '/tasks/{task}/start', path: { task }, body: { from } });

const position = (task: string, shard: number, more: Record<string, unknown> = {}) => ({
  task,
  epoch: 1,
  shard: `shardId-00000000000${shard}`,
  seq: `${shard}`.padStart(64, '0'),
  written: 10,
  quarantined: 1,
  bytes: 1000,
  batches: 2,
  busyMs: 30,
  startedAt: `2026-11-01 08:00:0${shard}.000`,
  updatedAt: `2026-11-01 09:00:0${shard}.000`,
  ...more,
});

beforeEach(() => {
  ports = new TaskPorts();
  ports.declare('ParkingData', { settings: SETTINGS });
  ports.declare('ParkingHistory', { settings: SETTINGS, eventTimeColumn: 'EventTime', writtenAtColumn: 'WrittenAt' });
  ports.answers = [['causeway.position', [position('ParkingHistory', 1), position('ParkingHistory', 2)]]];
});

test('a task shows its state and its counts, over all shards and for each', async () => {
  await post('start', 'ParkingHistory');

  const { status, body } = await get('/tasks/{task}', 'ParkingHistory');

  expect(status).toBe(200);
  expect(body).toMatchObject({
    name: 'ParkingHistory',
    state: 'started',
    app: 'Parking',
    topic: 'ParkingEvents',
    table: 'ParkingHistory',
    written: 20,
    quarantined: 2,
    batches: 4,
    bytes: 2000,
    busyMs: 60,
    startedAt: '2026-11-01T08:00:01.000Z',
    updatedAt: '2026-11-01T09:00:02.000Z',
  });
  expect(body['shards']).toEqual(
    [1, 2].map((shard) => ({
      epoch: 1,
      shard: `shardId-00000000000${shard}`,
      sequenceNumber: String(shard),
      written: 10,
      quarantined: 1,
      updatedAt: `2026-11-01T09:00:0${shard}.000Z`,
    })),
  );
});

test('a task without a batch yet has no times, and counts of zero', async () => {
  const { body } = await get('/tasks/{task}', 'ParkingData');

  expect(body).toMatchObject({ state: 'stopped', written: 0, startedAt: null, updatedAt: null, shards: [] });
});

test('a task with lanes has positions before its first batch, and shows nothing of them', async () => {
  const nothing = { seq: '', ...{ written: 0, quarantined: 0, bytes: 0, batches: 0, busyMs: 0 } };
  const rows = ['', '#0', '#1'].map((lane) => ({ ...position('ParkingData', 1, nothing), lane }));
  ports.answers = [['causeway.position', rows.map(({ lane, ...row }) => ({ ...row, shard: `${row.shard}${lane}` }))]];

  const { body } = await get('/tasks/{task}', 'ParkingData');

  expect(body).toMatchObject({ startedAt: null, updatedAt: null, shards: [] });
});

test('tasks are listed in pages, with two questions to the database for each: positions and ledger', async () => {
  const first = await get('/tasks', '', { limit: '1' });
  const second = await get('/tasks', '', { limit: '1', next: String(first.body['next']) });

  expect(first.body).toMatchObject({ items: [{ name: 'ParkingData' }], next: '1' });
  expect(second.body).toMatchObject({ items: [{ name: 'ParkingHistory', written: 20 }] });
  expect(second.body).not.toHaveProperty('next');
  expect(ports.statements.map(({ values }) => values[0])).toEqual([
    ...['ParkingData', 'ParkingData'],
    ...['ParkingHistory', 'ParkingHistory'],
  ]);
});

test('a platform without tasks lists none, without asking the database', async () => {
  ports.tasks.clear();

  expect((await get('/tasks')).body).toEqual({ items: [] });
  expect(ports.statements).toEqual([]);
});

test('a start from an earlier moment reads again from there, whether the task runs or not', async () => {
  const from = '2026-11-01T06:30:00Z';
  await post('start', 'ParkingData');

  expect((await startFrom('ParkingData', from)).body).toEqual({ name: 'ParkingData', state: 'started' });
  expect([...ports.mappings.values()]).toEqual([{ settings: SETTINGS, startAt: new Date(from), enabled: true }]);
  expect(ports.tasks.get('ParkingData')).not.toHaveProperty('startFrom');
});

test('when the old mapping takes long to go, the next start begins at that moment all the same', async () => {
  const from = '2026-11-01T06:30:00Z';
  await post('start', 'ParkingData');
  const remove = ports.sources.remove;
  ports.sources.remove = async () => {
    throw new Refusal('CAUSEWAY.0412');
  };

  expect((await startFrom('ParkingData', from)).status).toBe(412);
  await remove('mapping-1', () => 0);
  await post('start', 'ParkingData');

  expect([...ports.mappings.values()].map(({ startAt }) => startAt)).toEqual([new Date(from)]);
});

test.each(['2026-11-01T08:00:01Z', 'yesterday', '', '1761984000000'])('a start from %p is refused', async (from) => {
  const { status, body } = await startFrom('ParkingData', from);

  expect(status).toBe(400);
  expect(body['error_msg']).toContain('a time not after 2026-11-01T08:00:00.000Z');
  expect(ports.mappings.size).toBe(0);
});

test('the first start makes the mapping, from that moment; later ones and stops only switch it', async () => {
  expect((await post('start', 'ParkingData')).body).toEqual({ name: 'ParkingData', state: 'started' });
  expect([...ports.mappings.values()]).toEqual([{ settings: SETTINGS, startAt: NOW, enabled: true }]);

  expect((await post('stop', 'ParkingData')).body).toEqual({ name: 'ParkingData', state: 'stopped' });
  expect((await get('/tasks/{task}', 'ParkingData')).body).toMatchObject({ state: 'stopped' });
  await post('stop', 'ParkingData');
  await post('start', 'ParkingData');
  await post('start', 'ParkingData');

  expect([...ports.mappings]).toEqual([['mapping-1', { settings: SETTINGS, startAt: NOW, enabled: true }]]);
});

test('a mapping that somebody deleted is made again', async () => {
  await post('start', 'ParkingData');
  ports.mappings.clear();

  expect((await post('start', 'ParkingData')).status).toBe(200);
  expect([...ports.mappings.keys()]).toEqual(['mapping-2']);
});

test('a task that was never provisioned cannot be started', async () => {
  ports.declare('Half');

  expect(await post('start', 'Half')).toMatchObject({ status: 412, body: { error_code: 'CAUSEWAY.0412' } });
});

test.each([
  ['GET', '/tasks/{task}'],
  ['GET', '/tasks/{task}/latency'],
  ['POST', '/tasks/{task}/start'],
  ['POST', '/tasks/{task}/stop'],
])('%s %s of an unknown task is 404', async (method, resource) => {
  const { status, body } = await callManagement(handler, { method, resource, path: { task: 'Nope' } });

  expect(status).toBe(404);
  expect(body).toMatchObject({ error_code: 'CAUSEWAY.0404', error_msg: 'There is no task "Nope".' });
});

test('latency is computed over a window of event times', async () => {
  ports.answers = [
    ['ROW_NUMBER', [{ number: 5, p50: '12.4000', p95: '90.0000', p99: '99.6000', largest: '120.0000' }]],
  ];

  const { body } = await get('/tasks/{task}/latency', 'ParkingHistory', {
    since: '1793520000000',
    until: '1793520060000',
  });

  expect(body).toEqual({ count: 5, p50: 12, p95: 90, p99: 100, max: 120 });
  expect(ports.statements[0]?.values).toEqual(['2026-11-01 08:00:00.000', '2026-11-01 08:01:00.000']);
});

test('latency without rows is unknown, without columns refused', async () => {
  ports.answers = [['ROW_NUMBER', [{ number: 0, p50: null, p95: null, p99: null, largest: null }]]];

  expect((await get('/tasks/{task}/latency', 'ParkingHistory')).body).toEqual({
    count: 0,
    p50: null,
    p95: null,
    p99: null,
    max: null,
  });
  expect(await get('/tasks/{task}/latency', 'ParkingData')).toMatchObject({
    status: 412,
    body: { error_msg: expect.stringContaining('it needs an eventTimeColumn and a writtenAtColumn') },
  });
});

test.each(['yesterday', '-1', '1.5'])('a window since %j is refused', async (since) => {
  expect(await get('/tasks/{task}/latency', 'ParkingHistory', { since })).toMatchObject({ status: 400 });
});

test('a database that is away is 502, not our error', async () => {
  ports.answers = [['causeway.position', new Error('away')]];

  expect(await get('/tasks/{task}', 'ParkingHistory')).toMatchObject({
    status: 502,
    body: { error_code: 'APIC.0202', error_msg: 'The database does not answer; try again in some seconds.' },
  });
});

test('a task that follows its source is called when it is started; another scheduled one waits for its time', async () => {
  const scheduled = { mode: 'scheduled', functionArn: 'arn:runner' } as const;
  ports.declare('Follows', { ...scheduled, follows: true });
  ports.declare('Waits', scheduled);
  told.length = 0;

  expect(await post('start', 'Follows')).toMatchObject({ status: 200, body: { name: 'Follows', state: 'started' } });
  expect(await post('start', 'Waits')).toMatchObject({ status: 200 });

  expect(told).toEqual([{ functionArn: 'arn:runner', event: { started: NOW.toISOString() } }]);
  expect(ports.tasks.get('Follows')).toMatchObject({ wanted: 'started' });
});
