import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { generate } from 'selfsigned';
import { causeway, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { taskRuns } from './task-runs.ts';

interface Source {
  readonly name: string;
  readonly kind: string;
  readonly tested?: { readonly passed: boolean };
}

interface Report {
  readonly passed: boolean;
  readonly checks: readonly { readonly what: string; readonly unproved?: string }[];
}

const state = temporaryFolder();
let platform: Platform;
let connection: Connection;
let server: Server;
/** The only one that the shop lets in. */
let token = '';
const written: string[] = [];

/** A shop with a certificate of its own authority: orders, and a place for more. */
async function openShop(): Promise<{ readonly url: string; readonly ca: string }> {
  const authority = await generate([{ name: 'commonName', value: 'Shop CA' }], {
    ...{ keySize: 2048, extensions: [{ name: 'basicConstraints', cA: true, critical: true }] },
  });
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...{ keySize: 2048, ca: { cert: authority.cert, key: authority.private } },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  server = createServer({ cert, key }, ({ headers, method, url = '' }, response) => {
    if (headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end('who are you?');
    } else if (method === 'GET') {
      response.end(JSON.stringify([1, 2, 3].map((Id) => ({ Id, Note: `order ${Id}` }))));
    } else if (method === 'OPTIONS') {
      response.writeHead(204).end();
    } else {
      written.push(...(url.includes('dryRun') ? [] : [url]));
      response.writeHead(200).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, ca: authority.cert };
}

beforeAll(async () => {
  const shop = await openShop();
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/source-tests/index.ts`,
    environment: { SHOP_URL: shop.url, SHOP_CA: shop.ca },
  });
  token = platform.file.secrets?.['ShopToken'] ?? '';
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
}, 180_000);

const { cli, rowsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  server?.closeAllConnections();
  server?.close();
  removeFolder(state);
}, 60_000);

/** Over the API: a command takes half a second to begin. */
async function tested(name: string): Promise<Report> {
  const { url, token: bearer } = platform.file.management;
  const headers = { authorization: `Bearer ${bearer}` };

  return (await fetch(`${url}/datasources/${name}/test`, { method: 'POST', headers })).json() as Promise<Report>;
}

const asked = (...args: string[]) => causeway(...args, '--state', state);

test('everything that tasks read and write is listed, and connected where it is there', async () => {
  const sources = (await cli<Source[]>('datasource', 'list')).filter(({ name }) => name !== 'database');
  expect(Object.fromEntries(sources.map(({ name, kind }) => [name, kind]))).toEqual({
    ...{ 'Pulled.source': 'http', 'Pulled.target': 'aurora-mysql' },
    ...{ 'Pushed.source': 'aurora-mysql', 'Pushed.target': 'http' },
    ...{ 'PushedBlindly.source': 'aurora-mysql', 'PushedBlindly.target': 'http' },
    ...{ 'Signed.source': 'http', 'Signed.target': 'aurora-mysql' },
    ...{ 'Dropped.source': 'files', 'Dropped.target': 'aurora-mysql' },
    ...{ 'Relay.source': 'topic', 'Relay.target': 'topic', 'Kept.source': 'topic', 'Kept.target': 'aurora-mysql' },
    ...{ 'Gone.source': 'mysql', 'Gone.target': 'aurora-mysql' },
  });
  const names = sources.map(({ name }) => name).filter((name) => name !== 'Gone.source');
  const reports = new Map<string, Report>();
  for (const name of names) {
    reports.set(name, await tested(name));
  }

  expect(names.filter((name) => reports.get(name)?.passed !== true)).toEqual([]);
  const checksOf = (name: string) =>
    reports.get(name)?.checks.map(({ what, unproved }) => [what, unproved !== undefined]);
  expect(checksOf('Pushed.target')?.at(0)?.[0]).toMatch(/^answers POST localhost:\d+\/orders$/);
  expect(checksOf('PushedBlindly.target')?.at(-1)).toEqual(['takes POST', true]);
  expect(checksOf('Dropped.source')).toEqual([
    ['reads files new/', true],
    ['removes from new/', false],
    ['writes done/', false],
  ]);
  expect(checksOf('Relay.target')).toEqual([['writes TopicOut', false]]);
  expect(written).toEqual([]);
  expect((await asked('message', 'query', 'TopicOut', '--since', '1h')).stderr).toContain('0 of 0 records read');
}, 90_000);

test('a task whose source does not pass is refused with what to change; once it passes, it runs', async () => {
  const own = token;
  token = 'another';
  const failed = await asked('datasource', 'test', 'Pulled.source');
  const refused = await asked('task', 'run', 'Pulled');
  const list = await cli<Source[]>('datasource', 'list');
  token = own;

  expect(failed).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/does not accept the login[\s\S]*To do: compare/),
  });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /Pulled is not run\. Pulled\.source did not pass its test .*"causeway datasource test Pulled\.source"/s,
  );
  expect(list.find(({ name }) => name === 'Pulled.source')?.tested).toMatchObject({ passed: false });
  expect(await run('Pulled')).toMatchObject({ state: 'succeeded', read: 3, written: 3 });
}, 60_000);

test('an API of ours is read by an app that signs, at the address that its deployment gave it', async () => {
  expect(await run('Signed')).toMatchObject({ state: 'succeeded', read: 3, written: 3 });
  expect(await rowsOf('SELECT Id, Note FROM Copies ORDER BY Id LIMIT 1')).toEqual([{ Id: 1, Note: 'order 1' }]);
}, 60_000);

test('who wants to, starts a task all the same, and the log says who it was', async () => {
  const refused = await asked('task', 'start', 'Gone');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/nobody listens at the port.*--force/s) });

  expect(await cli('task', 'start', 'Gone', '--force')).toMatchObject({ state: 'started' });
  expect(platform.logs()).toMatch(/started without a test[^\n]*"task":"Gone"[^\n]*"caller":"arn:/);
}, 60_000);
