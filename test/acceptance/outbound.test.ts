import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ExecuteStatementCommand, type Field, RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { functionProcesses } from '../faults/processes.ts';
import { type FlakyApi, flakyApi } from './outbound/flaky-api.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { taskRuns } from './task-runs.ts';

const ROWS = 240;
const UNLOVED = 57;
const state = temporaryFolder();
let api: FlakyApi;
let platform: Platform;
let connection: Connection;

beforeAll(async () => {
  api = await flakyApi(UNLOVED);
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/outbound/index.ts`,
    environment: { OUTBOUND_URL: api.url },
  });
  api.token = platform.file.secrets?.['ApiToken'] ?? '';
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
  const rows = Array.from(
    { length: ROWS },
    (_, at) => `(${at}, ${at % 8}, ${at}.5, 'card ${at}', NULL, '2026-01-01' + INTERVAL ${at} SECOND)`,
  );
  await connection.query(`INSERT INTO Orders VALUES ${rows.join()}`);
}, 180_000);

const { cli, runsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  api?.close();
  removeFolder(state);
}, 60_000);

interface Trial {
  readonly records: readonly object[];
}

interface Message {
  readonly partition: string;
  readonly key: string;
  readonly traceId: string;
  readonly eventTime: string;
  readonly app: string;
  readonly payload: string;
}

/** Begins a run, kills its process in the middle, and lets another one go on. */
async function interruptedRun(task: string, isInTheMiddle: () => Promise<boolean>): Promise<void> {
  await cli('task', 'run', task);
  await eventually(isInTheMiddle, (is) => is, 30_000);
  for (const { pid } of functionProcesses(platform.pid, `${task}Runner`)) process.kill(pid, 'SIGKILL');
  const [left] = await runsOf(task);
  expect(left).toMatchObject({ state: 'running' });
  await endLease(task);
  await cli('task', 'run', task);
  await eventually(
    () => runsOf(task),
    (all) => all.find(({ id }) => id === left?.id)?.state === 'succeeded',
    60_000,
  );
  expect((await runsOf(task)).find(({ id }) => id === left?.id)).toMatchObject({ attempts: 2, read: ROWS });
}

async function messages(): Promise<readonly Message[]> {
  const file = join(state, `messages-${Math.random()}.jsonl`);
  const query = ['message', 'query', 'OrderEvents', '--since', '1h', '--limit', '100000', '--download', file];
  expect(await causeway(...query, '--state', state)).toMatchObject({ code: 0 });
  const lines = readFileSync(file, 'utf8').trim();

  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as Message);
}

test('rows arrive in a topic, in order per key, masked; of a run that was killed, twice only under the same trace id', async () => {
  await interruptedRun('ToTopic', async () => (await placeOf('ToTopic')) > 0);

  const all = await messages();
  const first = all.filter(({ traceId }, at) => all.findIndex((other) => other.traceId === traceId) === at);
  expect(first).toHaveLength(ROWS);
  expect(JSON.parse(first.find(({ payload }) => payload.includes('"id":9,'))?.payload ?? '')).toEqual({
    ...{ id: 9, shop: 1, price: 9.5, card: '***', note: null, at: '2026-01-01T00:00:09.000Z' },
  });
  expect(all.every(({ app, payload }) => app === 'Shop' && !payload.includes('card '))).toBe(true);
  for (let shop = 0; shop < 8; shop += 1) {
    const ids = first.filter(({ key }) => key === `${shop}`).map(({ payload }) => JSON.parse(payload).id as number);
    expect(ids).toEqual(Array.from({ length: ROWS / 8 }, (_, at) => at * 8 + shop));
  }
  // The next run sends what is new, and not again what it reads again.
  await connection.query("UPDATE Orders SET Note = 'late', UpdatedAt = NOW(3) WHERE Id = 3");
  expect(await run('ToTopic')).toMatchObject({ state: 'succeeded', read: 2, written: 1, unchanged: 1 });
  expect((await messages()).length).toBe(all.length + 1);
}, 120_000);

test('rows arrive in an API that resets, fails and throttles, in order; the one it refuses is quarantined with its answer', async () => {
  await interruptedRun('ToApi', async () => api.taken.length > 40);

  const { taken, answers } = api;
  const first = taken.filter(({ id }, at) => taken.findIndex((other) => other.id === id) === at).map(({ id }) => id);
  expect(first).toEqual(Array.from({ length: ROWS }, (_, id) => id).filter((id) => id !== UNLOVED));
  // Twice: what nobody was told of, and what the process that died had sent since its last place; under its key.
  expect(taken.length - first.length).toBeGreaterThanOrEqual(answers.get(0) ?? 0);
  expect(new Set(taken.map(({ key }) => key)).size).toBe(first.length);
  expect([0, -1, 200, 422, 429, 500].filter((status) => !answers.has(status))).toEqual([]);
  const { items } = await cli<{ items: readonly { reason: string }[] }>('task', 'rejected', 'list', 'ToApi');
  expect(items).toEqual([expect.objectContaining({ code: 'answer', reason: expect.stringContaining('answered 422') })]);
  expect(items[0]?.reason).toContain('no such order: Bearer *** {"Id":57,');
}, 120_000);

test('records of a batch arrive together; a batch that is refused is divided until it is one record', async () => {
  const before = api.taken.length;
  expect(await run('InBatches')).toMatchObject({ state: 'succeeded', read: ROWS, written: ROWS - 1, rejected: 1 });

  const taken = api.taken.slice(before);
  expect([...new Set(taken.map(({ id }) => id))]).toEqual(
    Array.from({ length: ROWS }, (_, id) => id).filter((id) => id !== UNLOVED),
  );
  expect(new Set(taken.map(({ batch }) => batch))).toEqual(new Set([16, 8, 4, 2, 1]));
}, 60_000);

test('members lie in one another as their names say, and are computed; what would be sent is shown as it is sent', async () => {
  const bodyOf = (id: number) => ({
    order: { id, prices: [id + 0.5], label: `no. ${id} of shop ${id}` },
    origin: 'shop',
  });
  const { records } = await cli<Trial>('task', 'try', 'ToErp', '--rows', '1');
  expect(records).toMatchObject([
    { outcome: 'written', written: { request: expect.stringMatching(/\/orders\/0$/), body: bodyOf(0) } },
  ]);
  const before = api.taken.length;

  expect(await run('ToErp')).toMatchObject({ state: 'succeeded', read: 3, written: 3, rejected: 0 });

  const bodies = new Map(api.taken.slice(before).map(({ id, body }) => [id, JSON.parse(body)]));
  expect([...bodies.values()]).toEqual([bodyOf(0), bodyOf(1), bodyOf(2)]);
}, 60_000);

test('an API that does not know the task fails its run in plain words, and loses nothing', async () => {
  await connection.query("INSERT INTO Orders VALUES (1000, 1, 1, 'card', NULL, NOW(3))");
  const { token } = api;
  api.token = 'another';
  const before = await runsOf('ToApi');
  await cli('task', 'run', 'ToApi');
  const [failed] = await eventually(
    () => runsOf('ToApi'),
    (all) => all.length > before.length && all[0]?.state === 'failed',
    30_000,
  );
  expect((await cli<{ error: string }[]>('task', 'runs', 'ToApi'))[0]?.error).toMatch(
    /^PUT 127\.0\.0\.1:\d+\/v1\/orders\/1000 answered 401: it does not know who asks: what the secret of target\.http\.auth holds/,
  );
  api.token = token;
  await cli('task', 'run', 'ToApi');
  await eventually(
    () => runsOf('ToApi'),
    (all) => all.find(({ id }) => id === failed?.id)?.state === 'succeeded',
    30_000,
  );
  expect(api.taken.at(-1)).toMatchObject({ id: 1000 });
}, 90_000);

test('what would be sent of rows is shown, masked and without a login; nothing is sent', async () => {
  const count = api.taken.length;
  const messages = await cli<Trial>('task', 'try', 'ToTopic', '--rows', '1');
  const requests = await cli<Trial>('task', 'try', 'ToApi', '--rows', '1');

  expect(messages.records).toMatchObject([
    { position: 'UpdatedAt=2026-01-01 00:00:00.000, Id=0', written: { message: { id: 0, card: '***', price: 0.5 } } },
  ]);
  expect(requests).toMatchObject({
    target: expect.stringMatching(/^PUT 127.*\/v1\/orders\/\{Id\}$/),
    records: [{ position: 'Id=0', outcome: 'written', written: { body: { Id: 0, Card: 'card 0', Note: null } } }],
  });
  expect(JSON.stringify(requests)).not.toContain(api.token);
  expect(api.taken).toHaveLength(count);
}, 30_000);

/** As if the minute of the process that was killed were over. */
async function endLease(task: string): Promise<void> {
  await platformSql(task, `UPDATE causeway.run_position SET HeldUntil = NULL WHERE Task = '${task}'`);
}

/** How many rows the place of its run is behind. */
async function placeOf(task: string): Promise<number> {
  const records = await platformSql(task, `SELECT RowsRead FROM causeway.run_position WHERE Task = '${task}'`);

  return records?.[0]?.[0]?.longValue ?? 0;
}

/** With the rights of the task's function. */
async function platformSql(task: string, sql: string): Promise<Field[][] | undefined> {
  const { endpoint, region, accessKeyId, secretAccessKey } = platform.file.aws;
  const options = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const log = readdirSync(join(state, 'logs')).find((name) => name.includes(`${task}Runner`)) ?? '';
  const { Environment } = await new LambdaClient(options).send(
    new GetFunctionConfigurationCommand({ FunctionName: log.replace('.log', '') }),
  );
  const { DATABASE_CLUSTER_ARN: resourceArn, DATABASE_SECRET_ARN: secretArn } = Environment?.Variables ?? {};
  const call = new ExecuteStatementCommand({ resourceArn, secretArn, sql, database: 'integration' });

  return (await new RDSDataClient(options).send(call)).records;
}
