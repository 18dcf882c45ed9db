import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { functionProcesses, signal } from '../faults/processes.ts';
import { eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { endLease, taskRuns } from './task-runs.ts';

const ROWS = 320;
/** Longer than its column is wide. */
const TOO_LONG = [57, 133, 310];

/** An API that takes its time, and what it was told, in its order. */
const told: number[] = [];
const api = createServer(async (request, response) => {
  // The test of the target before its first run.
  if (request.method === 'OPTIONS') {
    response.end();
    return;
  }
  told.push(Number(((await json(request)) as { Id: unknown }).Id));
  setTimeout(() => response.end(), 60);
});

const state = temporaryFolder();
let platform: Platform;
let connection: Connection;
const { cli, rowsOf, runsOf } = taskRuns(state, () => connection);

beforeAll(async () => {
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const integration = `${import.meta.dirname}/long-runs/index.ts`;
  platform = await startPlatform({ state, integration, environment: { LONG_RUNS_URL: url } });
  connection = await mysql.createConnection({ ...platform.file.mysql });
  const name = (id: number) => (TOO_LONG.includes(id) ? 'x'.repeat(50) : `row ${id}`);
  const values = Array.from({ length: ROWS }, (_, id) => [id, name(id)]);
  await connection.query('INSERT INTO LongSource (Id, Name) VALUES ?', [values]);
}, 240_000);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  api.closeAllConnections();
  api.close();
  removeFolder(state);
}, 60_000);

/** Until so many invocations have worked on the run. */
function worked(attempts: number) {
  return eventually(
    () => runsOf('Long'),
    ([run]) => (run?.attempts ?? 0) >= attempts,
    40_000,
  );
}

test('a run that its function has no time for goes on in the next invocations, also when one is killed: one run, each row once', async () => {
  // It goes on beside, and is looked at below.
  await cli('task', 'run', 'Told');
  await cli('task', 'run', 'Long');
  const [begun] = await worked(3);
  const before = await count();
  const [killed] = functionProcesses(platform.pid, 'LongRunner').filter(({ pid }) => signal(pid, 'SIGKILL'));
  // Whoever comes next rolls back what the dead process left open, and leaves the task alone while its minute lasts.
  await cli('task', 'run', 'Long');
  await eventually(
    () => runsOf('Long'),
    ([run]) => run?.state === 'skipped',
    30_000,
  );
  await endLease(platform, { task: 'Long', runner: 'LongRunner' });
  await cli('task', 'run', 'Long');

  const run = await eventually(
    async () => (await runsOf('Long')).find(({ id }) => id === begun?.id),
    (found) => found?.state !== 'running',
    50_000,
  );

  expect([killed, before < ROWS - TOO_LONG.length]).toEqual([expect.anything(), true]);
  // Begun, two that went on by themselves, the one in place of the killed one.
  expect(run?.attempts).toBeGreaterThanOrEqual(4);
  expect(await cli('task', 'runs', 'Long')).toMatchObject([
    { state: 'skipped', error: `${begun?.id} was still going` },
    {
      ...{ id: begun?.id, state: 'succeeded', cause: 'once', error: null },
      ...{ read: ROWS, written: ROWS - TOO_LONG.length, unchanged: 0, rejected: TOO_LONG.length },
    },
  ]);
  const difference = `SELECT COUNT(*) AS n FROM LongSource s LEFT JOIN LongTarget t USING (Id)
    WHERE t.Id IS NULL XOR CHAR_LENGTH(s.Name) > 20 OR t.Name <> s.Name`;
  expect([await rowsOf(difference), await count()]).toEqual([[{ n: 0 }], ROWS - TOO_LONG.length]);
  expect(await rowsOf("SELECT PartitionKey AS k FROM causeway.quarantine WHERE Task = 'Long' ORDER BY Id")).toEqual(
    TOO_LONG.map((id) => ({ k: `Id=${id}` })),
  );
}, 120_000);

test('a run that tells an API goes on in the middle of a page: each record once, in its order', async () => {
  const runs = await eventually(
    () => runsOf('Told'),
    ([run]) => run?.state !== 'running',
    50_000,
  );

  expect(runs).toMatchObject([{ state: 'succeeded', read: ROWS }]);
  expect(runs[0]?.attempts).toBeGreaterThanOrEqual(3);
  expect(told).toEqual(Array.from({ length: ROWS }, (_, id) => id));
}, 60_000);

async function count(): Promise<number> {
  return Number((await rowsOf('SELECT COUNT(*) AS n FROM LongTarget'))[0]?.['n']);
}
