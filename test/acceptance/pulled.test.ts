import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { functionProcesses } from '../faults/processes.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { type Order, openShop, type Shop } from './pulled/shop.ts';
import { taskRuns } from './task-runs.ts';

const state = temporaryFolder();
let platform: Platform;
let connection: Connection;
let shop: Shop;
let drop: string;

beforeAll(async () => {
  shop = await openShop();
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/pulled/index.ts`,
    environment: { ORDERS_API: shop.url },
  });
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database, dateStrings: true });
  shop.token = platform.file.secrets?.['ShopToken'] ?? '';
  drop = platform.file.files?.['Drop']?.folder ?? '';
}, 180_000);

const { cli, rowsOf, runsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  await shop?.close();
  removeFolder(state);
}, 60_000);

async function rejectedOf(task: string): Promise<readonly string[]> {
  const rows = await rowsOf(
    `SELECT CONCAT(Code, ' ', PartitionKey) AS text FROM causeway.quarantine WHERE Task = '${task}'`,
  );

  return rows.map(({ text }) => String(text)).sort();
}

function order(id: number, minute: number): Order {
  const changedAt = new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString();

  return { id, customer: { name: `customer ${id}` }, total: id + 0.5, changedAt };
}

test('what is read is tested before it is used, and nothing of it is taken', async () => {
  const tested = (name: string) => cli('datasource', 'test', name);

  expect(await tested('Orders.source')).toMatchObject({ kind: 'http', passed: true });
  expect(await tested('Prices.source')).toMatchObject({ kind: 'files', passed: true });
  expect(shop.asked.map((search) => new URLSearchParams(search).get('page'))).toEqual(['1']);
  shop.asked.length = 0;
}, 30_000);

test('an API is read page by page through its moods; later runs ask for what is new, and compare the overlap', async () => {
  shop.orders.push(...Array.from({ length: 12 }, (_, at) => order(at + 1, at)));
  shop.orders.push({ ...order(13, 12), customer: { name: null } });
  shop.moods.push(503, 429);

  expect(await run('Orders')).toMatchObject({ state: 'succeeded', read: 13, written: 12, rejected: 1 });

  expect(shop.asked).toEqual(['1', '2', '3', '4'].map((page) => `?size=5&page=${page}`));
  expect(await rowsOf('SELECT OrderId, Customer, Total, ChangedAt FROM Orders WHERE OrderId = 12')).toEqual([
    { OrderId: 12, Customer: 'customer 12', Total: '12.50', ChangedAt: '2026-01-02 03:11:00.000' },
  ]);
  expect(await rejectedOf('Orders')).toEqual(['missing orders id=13']);
  shop.asked.length = 0;
  shop.orders.push(order(14, 30));

  // What changed ten minutes before the last one is read again: orders 3 to 13.
  expect(await run('Orders')).toMatchObject({ state: 'succeeded', read: 12, written: 1, unchanged: 10, rejected: 1 });
  expect(new URLSearchParams(shop.asked[0]).get('changed_since')).toBe('2026-01-02T03:02:00.000Z');
}, 60_000);

test('what the API refuses for good is said in plain words, with what it said itself and without the token', async () => {
  shop.moods.push(403);
  await cli('task', 'run', 'Orders');
  const [failed] = await eventually(
    () => runsOf('Orders'),
    ([last]) => last?.state === 'failed',
    20_000,
  );

  expect(failed?.error).toMatch(/answered 403: the login may not do this.*It said: not now/);
  // The same run goes on.
  await cli('task', 'run', 'Orders');
  const [last] = await eventually(
    () => runsOf('Orders'),
    ([newest]) => newest?.state === 'succeeded',
    20_000,
  );
  expect(last).toMatchObject({ id: failed?.id, attempts: 2 });
}, 60_000);

test('killed in the middle of the pages, a run goes on with the page it was at', async () => {
  const count = 100;
  shop.orders.push(...Array.from({ length: count }, (_, at) => order(1000 + at, 300 + at)));
  shop.slowness = 150;
  const written = async () =>
    Number((await rowsOf('SELECT COUNT(*) AS n FROM Orders WHERE OrderId >= 1000'))[0]?.['n']);
  const before = (await runsOf('Orders')).length;
  await cli('task', 'run', 'Orders');
  await eventually(written, (rows) => rows >= 10, 20_000);
  kill('Orders');
  shop.asked.length = 0;
  shop.slowness = 0;
  const left = await written();
  expect(left).toBeLessThan(count);
  await takeOver('Orders');
  const [last] = await eventually(
    async () => (await runsOf('Orders')).slice(0, -before).filter(({ state: own }) => own !== 'skipped'),
    ([newest]) => newest?.state === 'succeeded',
    30_000,
  );

  expect(last?.attempts).toBe(2);
  expect(await written()).toBe(count);
  // The pages before it are not asked for again.
  expect(Number(new URLSearchParams(shop.asked[0]).get('page'))).toBeGreaterThan(2);
}, 90_000);

test('files are read, line by line, moved where they are done, and a bad line costs itself', async () => {
  mkdirSync(join(drop, 'prices'), { recursive: true });
  writeFileSync(
    join(drop, 'prices', 'monday.csv'),
    'sku;price;valid from\nA-1;9.90;2026-07-01 00:00:00\nA-2;cheap;\n"A ""3""";3;2026-01-01 12:00\nA-4;1\n',
  );
  await rested();

  expect(await run('Prices')).toMatchObject({ state: 'succeeded', read: 4, written: 2, rejected: 2 });

  expect(await rowsOf('SELECT * FROM Prices ORDER BY Sku')).toEqual([
    { Sku: 'A "3"', Price: '3.00', ValidFrom: '2026-01-01 11:00:00.000', FileName: 'prices/monday.csv', LineNo: 4 },
    { Sku: 'A-1', Price: '9.90', ValidFrom: '2026-06-30 22:00:00.000', FileName: 'prices/monday.csv', LineNo: 2 },
  ]);
  expect(await rejectedOf('Prices')).toEqual(['syntax prices/monday.csv:5', 'type prices/monday.csv:3']);
  expect([readdirSync(join(drop, 'prices')), readdirSync(join(drop, 'done'))]).toEqual([[], ['monday.csv~']]);
  expect(await run('Prices')).toMatchObject({ state: 'succeeded', read: 0 });
}, 60_000);

test('lines of a file that is gone are corrected as lines, and a wrong one is refused with what is wrong', async () => {
  const { items } = await cli<{ items: { id: number; position: string }[] }>('task', 'rejected', 'list', 'Prices');
  const idOf = (line: number) => String(items.find(({ position }) => position.endsWith(`:${line}`))?.id);
  const edit = (line: number, text: string) => {
    const file = join(state, `${line}.csv`);
    writeFileSync(file, text);

    return causeway('task', 'rejected', 'edit', 'Prices', idOf(line), '--file', file, '--state', state);
  };
  const { stdout } = await causeway('task', 'rejected', 'show', 'Prices', idOf(5), '--raw', '--state', state);
  expect(stdout).toBe('A-4;1');

  const wrong = await edit(5, 'A-4;1;;2');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('whose columns are sku;price;valid from (the line has 4 cells, its file 3 columns)');
  expect((await edit(5, `${stdout};\n`)).stdout).toContain('"sku":"A-4","price":"1"');
  expect(await edit(3, 'A-2;7.50;2026-07-01 00:00:00')).toMatchObject({ code: 0 });

  const replay = ['task', 'rejected', 'replay', 'Prices', '--all', '--overwrite'];
  expect(await cli(...replay)).toMatchObject({ written: 2, refused: [] });
  expect(
    await rowsOf("SELECT Sku, Price, FileName, LineNo FROM Prices WHERE Sku IN ('A-2', 'A-4') ORDER BY Sku"),
  ).toEqual([
    { Sku: 'A-2', Price: '7.50', FileName: 'prices/monday.csv', LineNo: 3 },
    { Sku: 'A-4', Price: '1.00', FileName: 'prices/monday.csv', LineNo: 5 },
  ]);
}, 60_000);

test('files that stay are read once; a large one is resumed where it was when the process was killed', async () => {
  const folder = join(drop, 'readings');
  mkdirSync(folder, { recursive: true });
  const count = 30_000;
  const lines = Array.from({ length: count }, (_, at) => `{"meter":${at},"text":"${'x'.repeat(100)}"}\n`).join('');
  const outside = join(state, 'large.jsonl');
  writeFileSync(outside, lines);
  cpSync(outside, join(folder, 'large.jsonl'));
  await rested();
  const written = async () => Number((await rowsOf('SELECT COUNT(*) AS n FROM Readings'))[0]?.['n']);
  await cli('task', 'run', 'Readings');
  await eventually(written, (rows) => rows > 0, 20_000);
  kill('Readings');
  expect(await written()).toBeLessThan(count);
  await takeOver('Readings');
  const [last] = await eventually(
    async () => (await runsOf('Readings')).filter(({ state: own }) => own !== 'skipped'),
    ([newest]) => newest?.state === 'succeeded',
    40_000,
  );

  expect(last?.attempts).toBe(2);
  expect(await rowsOf('SELECT COUNT(*) AS n, MIN(LineNo) AS a, MAX(LineNo) AS z FROM Readings')).toEqual([
    { n: count, a: 1, z: count },
  ]);
  expect(existsSync(join(folder, 'large.jsonl'))).toBe(true);
  expect(await run('Readings')).toMatchObject({ state: 'succeeded', read: 0 });
}, 120_000);

test('what there is to be mapped is listed with what tasks read it as', async () => {
  expect(await cli('datasource', 'tables', 'database')).toEqual(
    expect.arrayContaining([{ name: 'Prices', kind: 'table' }]),
  );
  expect(await cli('datasource', 'columns', 'database', 'Prices')).toEqual(
    expect.arrayContaining([{ name: 'Price', type: 'decimal(10,2)', readAs: 'number', nullable: false, key: null }]),
  );
}, 30_000);

/** A file that is being copied is no object yet. */
function rested(): Promise<unknown> {
  return new Promise((done) => setTimeout(done, 1200));
}

function kill(task: string): void {
  for (const { pid } of functionProcesses(platform.pid, `${task}Runner`)) process.kill(pid, 'SIGKILL');
}

/** Another process goes on. The first that comes rolls back what the dead one left open, and leaves its minute alone. */
async function takeOver(task: string): Promise<void> {
  await cli('task', 'run', task);
  await eventually(
    () => runsOf(task),
    (all) => all.some((one) => one.state === 'skipped'),
    20_000,
  );
  await endLease(task);
  await cli('task', 'run', task);
}

/** As if the minute of the process that was killed were over. */
async function endLease(task: string): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = platform.file.aws;
  const options = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const log = readdirSync(join(state, 'logs')).find((name) => name.includes(`${task}Runner`)) ?? '';
  const { Environment } = await new LambdaClient(options).send(
    new GetFunctionConfigurationCommand({ FunctionName: log.replace('.log', '') }),
  );
  const { DATABASE_CLUSTER_ARN: resourceArn, DATABASE_SECRET_ARN: secretArn } = Environment?.Variables ?? {};
  const sql = `UPDATE causeway.run_position SET HeldUntil = NULL WHERE Task = '${task}'`;
  await new RDSDataClient(options).send(
    new ExecuteStatementCommand({ resourceArn, secretArn, sql, database: 'integration' }),
  );
}
