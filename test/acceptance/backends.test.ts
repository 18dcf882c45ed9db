import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { privateRedis } from '../functions/shared/sources/redis-fixture.ts';
import { call, withAppCode } from './caller.ts';
import { causeway, freePortBase, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';

const redis = privateRedis();

interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

let platform: Platform;
let server: Server;
let group: string;
let folder: string;
let code: Record<string, string>;
let verify: (request: Received, secrets: Readonly<Record<string, string>>) => string | undefined;
/** What arrived at the backend. */
let received: Received[] = [];
/** How often `/flaky` answers 503 before it answers. */
let faults = 0;

/** A backend as its author would write it: nothing of ours but what the documentation says. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = request.headers as Record<string, string>;
  const one = { method: request.method ?? '', target: request.url ?? '', headers, body: Buffer.concat(chunks) };
  received.push(one);
  const path = one.target.split('?')[0]?.replace('/v1', '');
  if (path === '/slow') return;
  if (path === '/flaky' && faults > 0) {
    faults -= 1;
    response.writeHead(503).end();
  } else if (path === '/large') {
    response.end(Buffer.alloc(5 * 1024 * 1024, 'x'));
  } else if (path === '/moved') {
    response
      .writeHead(302, { location: 'http://169.254.169.254/', connection: 'x-inner', 'x-inner': '1' })
      .end('moved');
  } else if (path === '/flaky') {
    response.end('at last');
  } else {
    const key = verify(one, secretsOf());
    response.writeHead(key === undefined ? 401 : 200, {
      'content-type': 'application/json',
      'set-cookie': ['a=1', 'b=2'],
    });
    response.end(JSON.stringify({ key, target: one.target, body: one.body.toString() }));
  }
}

/** Both versions, as a backend knows them while one takes over. */
function secretsOf(): Record<string, string> {
  const keys = ['WarehouseKey.1', 'WarehouseKey.2'].map(
    (name) => JSON.parse(platform.file.secrets?.[name] ?? '{}') as { key: string; secret: string },
  );

  return Object.fromEntries(keys.map(({ key, secret }) => [key, secret]));
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const portBase = await freePortBase();
  folder = temporaryFolder();
  const places = {
    ...{ port: (server.address() as AddressInfo).port, gateway: `http://127.0.0.1:${portBase + 2}/Shop` },
    redis: { port: await redis.start(['save ""', 'requirepass opensesame']), password: 'opensesame' },
  };
  writeFileSync(
    join(folder, 'index.mjs'),
    `import { backends } from '${import.meta.dirname}/backends/index.ts'; export default (app) => backends(app, ${JSON.stringify(places)});`,
  );
  platform = await startPlatform({ integration: join(folder, 'index.mjs'), portBase });
  group = platform.file.apis['Shop']?.url as string;
  code = withAppCode(platform.file, 'ShopOwner');
  const [, recipe = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/backends.md', 'utf8')) ?? [];
  writeFileSync(join(folder, 'verify.mjs'), recipe);
  verify = ((await import(join(folder, 'verify.mjs'))) as { verifiedKey: typeof verify }).verifiedKey;
}, 240_000);

afterAll(async () => {
  await platform?.stop();
  server?.closeAllConnections();
  server?.close();
  removeFolder(platform?.state);
  removeFolder(folder);
}, 60_000);

beforeEach(() => {
  received = [];
  faults = 0;
});

const last = () => received.at(-1) as Received;
const refusal = (status: number, error_code: string) => ({ status, body: expect.objectContaining({ error_code }) });

test('a backend verifies that a call comes from the platform, and knows nothing of who made it', async () => {
  const answered = await call(`${group}/items/a%20b%252F${encodeURIComponent('停')}`, {
    query: { note: 'x y&z', empty: '' },
    headers: { ...code, 'X-Hw-Id': 'me', Cookie: 'c=1', 'X-Other': 'kept' },
  });

  expect(answered).toMatchObject({ status: 200, body: { key: 'WarehouseKey.1' } });
  expect(last()).toMatchObject({ method: 'GET', target: '/v1/items/a%20b%252F%E5%81%9C?note=x%20y%26z&empty=' });
  expect(last().headers).toMatchObject({ 'x-other': 'kept', cookie: 'c=1', 'x-request-id': answered.requestId });
  expect(JSON.stringify(last().headers)).not.toContain(code['X-Apig-AppCode']);
  expect(last().headers).not.toHaveProperty('x-hw-id');
});

test('it refuses a request of which a byte was changed', async () => {
  await call(`${group}/items/7`, { headers: code });
  const first = last();
  const replay = (target: string, headers: Record<string, string> = {}) =>
    fetch(`http://${first.headers['host']}${target}`, {
      headers: {
        ...Object.fromEntries(Object.entries(first.headers).filter(([name]) => !['host', 'connection'].includes(name))),
        ...headers,
      },
    });

  expect((await replay(first.target)).status).toBe(200);
  expect((await replay('/v1/items/8')).status).toBe(401);
  expect((await replay(first.target, { 'x-request-id': '56b2c6ae4a49f44b88670201eade9e05' })).status).toBe(401);
});

test('parameters go where the backend has them, the body as it came', async () => {
  const response = await fetch(`${group}/orders?urgent=true&other=1`, {
    method: 'POST',
    headers: { ...code, 'content-type': 'application/json; charset=utf-8' },
    body: '{ "item" : "ü" }',
  });

  expect(await response.json()).toMatchObject({ key: 'WarehouseKey.1', body: '{ "item" : "ü" }' });
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(last().target).toBe('/v1/orders?from=causeway');
  expect(last().headers).toMatchObject({
    ...{ 'x-priority': 'true', 'x-app': 'ShopOwner', 'content-type': 'application/json; charset=utf-8' },
  });
  expect((await call(`${group}/orders`, { method: 'POST', query: { urgent: 'perhaps' }, headers: code })).status).toBe(
    400,
  );
});

test('a backend that is slow, away, gone or too large is answered as the table of errors says', async () => {
  const get = (path: string) => call(`${group}${path}`, { headers: code });

  expect(await get('/slow')).toMatchObject(refusal(504, 'APIC.0203'));
  expect(await get('/closed')).toMatchObject(refusal(502, 'APIC.0202'));
  expect(await get('/large')).toMatchObject(refusal(502, 'APIC.0202'));
  expect(await get('/nowhere')).toMatchObject(refusal(500, 'APIC.0605'));
});

test('addresses inside of the platform are refused, and no redirect is followed', async () => {
  const moved = await fetch(`${group}/moved`, { headers: code, redirect: 'manual' });

  expect(moved.status).toBe(302);
  expect(moved.headers.get('x-inner')).toBeNull();
  expect(await call(`${group}/latest`, { headers: code })).toMatchObject(refusal(403, 'APIC.0404'));
  expect(await call(`${group}/ring`, { headers: { 'X-Causeway-Hops': '6' } })).toMatchObject(refusal(500, 'APIC.0612'));
});

test('a key whose secret holds none ends the call', async () => {
  expect(await call(`${group}/unsigned`, { headers: code })).toMatchObject(refusal(500, 'APIC.0705'));
  expect(received).toEqual([]);
});

test('it is asked again where that does no harm', async () => {
  faults = 2;
  expect(await call(`${group}/flaky`, { headers: code })).toMatchObject({ status: 200, text: 'at last' });
  expect(received).toHaveLength(3);

  faults = 1;
  expect(await call(`${group}/flaky`, { method: 'POST', headers: code })).toMatchObject({ status: 503 });
  expect(received).toHaveLength(4);
});

test('operators try it out as every other backend', async () => {
  const { stdout } = await causeway('backend', 'test', 'Shop/Item', '-p', 'id=9', '--json', '--state', platform.state);

  expect(stdout).toContain('WarehouseKey.1');
});

test('the sources that functions declare are tested before they are needed', async () => {
  const tested = (name: string) => causeway('datasource', 'test', name, '--state', platform.state);
  const { stdout: list } = await causeway('datasource', 'list', '--state', platform.state);
  const [connected, wrong, gone] = await Promise.all(
    ['keys', 'wrong', 'gone'].map((one) => tested(`Shop.Visits.${one}`)),
  );

  expect(list).toMatch(/Shop\.Visits\.keys +redis +localhost:\d+, used by Shop\/Visits/);
  expect(connected).toMatchObject({ code: 0, stdout: expect.stringContaining('Connected.') });
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('user or password is not right') });
  expect(gone).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/nobody listens at the port[\s\S]*To do: start the server/),
  });
  expect(await call(`${group}/visits`, { headers: code })).toMatchObject({ status: 200, body: { visits: 1 } });
});
