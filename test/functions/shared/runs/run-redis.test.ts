import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Rejection } from '../../../../core/fdi/rejection.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import { NotTaken, RowsRefused } from '../../../../core/fdi/run-outlet.ts';
import { type RedisPort, RedisRefused } from '../../../../core/fdi/run-redis-port.ts';
import { redisReader } from '../../../../core/fdi/run-redis-reader.ts';
import { checkRedisSource, type RedisSource } from '../../../../core/fdi/run-redis-source.ts';
import { checkRedisTarget, type RedisTarget, redisOutlet } from '../../../../core/fdi/run-redis-target.ts';
import { type RunRedisPorts, runRedis } from '../../../../functions/shared/runs/run-redis.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { freePort } from '../../../conformance/endpoint.ts';
import { KILLS, MemoryTarget } from '../../../core/fdi/memory-target.ts';
import { sourceDriver } from '../script/script-fixture.ts';
import { asked, privateRedis } from '../sources/redis-fixture.ts';

const { start, certificate, cluster, end } = privateRedis();
const LOADING = new RedisRefused('LOADING Redis is loading the dataset in memory');
const pool = createSourcePool({ driver: sourceDriver });
let port: number;

beforeAll(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  port = await start(['save ""']);
}, 30_000);
afterAll(() => pool.close());
beforeEach(async () => {
  await ask('FLUSHALL');
  await ask('CONFIG', 'SET', 'maxmemory', 0);
});

const ask = (command: string, ...words: (string | number | Buffer)[]) => asked(port, command, ...words);

function redis(login: Awaited<ReturnType<NonNullable<RunRedisPorts['login']>>> = { url: `redis://127.0.0.1:${port}` }) {
  return runRedis('TARGET', { pool, login: async () => login });
}

function sourceOf(source: Partial<RedisSource> = {}): RedisSource {
  const own: RedisSource = { kind: 'redis', match: 'order:*', as: 'hash', timeZone: 'UTC', ...source };
  checkRedisSource(own, 'Task: source');

  return own;
}

function readerOf(source: Partial<RedisSource> = {}, more: { pageSize?: number; redis?: RedisPort } = {}) {
  const { pageSize = 100, redis: own = redis() } = more;

  return redisReader({ source: sourceOf(source), pageSize, redis: own, now: () => performance.now(), where: 'Task' });
}

const memory = () => new MemoryTarget((value) => String((value as Record<string, unknown>)['@key']));

async function fill(count: number): Promise<void> {
  const script = `for n = 1, ${count} do redis.call('HSET', 'order:' .. n, 'name', 'row ' .. n, 'total', n) end`;
  await ask('EVAL', script, 0);
}

test('every key arrives as a record, in pages, wherever the process dies; others are left alone', async () => {
  await fill(5000);
  await ask('SET', 'other', 'x');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 300, max: 3000 }), KILLS, async (pageSize, kills) => {
      const target = memory();
      target.kills = kills;

      const { end: ended, counts } = await target.run(() => readerOf({}, { pageSize }));

      expect(ended.kind).toBe('succeeded');
      expect(target.rows.size).toBe(5000);
      expect(target.rows.get('order:17')).toEqual({ '@key': 'order:17', name: 'row 17', total: '17' });
      expect(counts.read).toBeGreaterThanOrEqual(5000);
    }),
    { numRuns: 4 },
  );
}, 30_000);

test('keys that are there all the time arrive while others come and go', async () => {
  await fill(1000);
  const target = memory();
  let asks = 0;
  const own = redis();
  const busy: RedisPort = {
    ...own,
    async ask(commands, timeMs) {
      asks += 1;
      // Growth and shrinking move keys about in the server's tables.
      await ask('EVAL', `for n = 1, 1500 do redis.call('SET', 'order:x' .. n .. ':${asks}', 'x') end`, 0);
      await ask('EVAL', `for n = 1, 1500 do redis.call('DEL', 'order:x' .. n .. ':${asks - 1}') end`, 0);

      return own.ask(commands, timeMs);
    },
  };

  expect((await target.run(() => readerOf({}, { redis: busy, pageSize: 400 }))).end.kind).toBe('succeeded');

  expect([...target.rows.keys()].filter((key) => !key.includes('x'))).toHaveLength(1000);
}, 30_000);

test.each<readonly [RedisSource['as'], readonly (string | Buffer)[][], unknown]>([
  [
    'hash',
    [['HSET', 'order:1', 'Name', 'é中😀', '__proto__', 'p']],
    Object.fromEntries([
      ['Name', 'é中😀'],
      ['__proto__', 'p'],
    ]),
  ],
  ['text', [['SET', 'order:1', 'free']], { value: 'free' }],
  ['json', [['SET', 'order:1', '{"n":12345678901234567890,"list":[1]}']], expect.objectContaining({ list: [1] })],
])('what is at a key is read as %s, and its fields are found', async (as, commands, members) => {
  for (const [name = '', ...words] of commands) await ask(String(name), ...words);
  const target = memory();
  const looking = readerOf({ as });
  const fields = await looking.fields().finally(() => looking.close());

  await target.run(() => readerOf({ as }));

  expect(fields?.[0]).toMatchObject({ name: 'key', type: 'string', path: ['@key'] });
  const { '@key': key, ...rest } = target.rows.get('order:1') as Record<string, unknown>;
  expect([key, rest]).toEqual(['order:1', members]);
});

test('what is none of what is read is quarantined by its key, and the others arrive', async () => {
  await ask('SET', 'order:json', '{"a":1}');
  await ask('SET', 'order:list', '[1]');
  await ask('SET', 'order:broken', '{');
  await ask('SET', 'order:bytes', Buffer.from([0xff]));
  await ask('HSET', 'order:hash', 'a', 1);
  await ask('SET', Buffer.from([...Buffer.from('order:'), 0xff]), '{}');
  const target = memory();

  const { counts } = await target.run(() =>
    readerOf({ as: 'json', fields: [{ alias: 'a', type: 'integer', path: 'a' }] }),
  );

  expect(counts).toMatchObject({ read: 6, written: 1, rejected: 5 });
  const why = [...target.rejected].map(([position, { rejection }]) => [position, rejection.code]).sort();
  expect(why).toEqual([
    ['bytes b3JkZXI6/w==', 'characters'],
    ['order:broken', 'syntax'],
    ['order:bytes', 'characters'],
    ['order:hash', 'type'],
    ['order:list', 'syntax'],
  ]);
});

test('a run that goes on at another server reads it from its beginning, and has what it read compared', async () => {
  const [first, second] = [await start(['save ""']), await start(['save ""'])];
  const script = "for n = 1, 5000 do redis.call('SET', 'order:' .. n, n) end";
  await Promise.all([asked(first, 'EVAL', script, 0), asked(second, 'EVAL', script, 0)]);
  const target = memory();
  target.kills = [{ write: 2, committed: true }];
  await target.attempt(readerOf({ as: 'text' }, { redis: redis({ url: `redis://127.0.0.1:${first}` }) }));
  await end(first);

  const { end: ended, counts } = await target.run(() =>
    readerOf({ as: 'text' }, { redis: redis({ url: `redis://127.0.0.1:${second}` }) }),
  );

  expect([ended.kind, target.rows.size]).toEqual(['succeeded', 5000]);
  expect(counts.unchanged).toBeGreaterThan(0);
});

test('no key is no run; a member of a cluster is refused by name', async () => {
  expect(await readerOf().fields()).toBeUndefined();
  const [member] = await cluster();
  const own = readerOf({}, { redis: redis({ url: `redis://127.0.0.1:${member}` }) });

  await expect(own.begin(null)).rejects.toThrow('a single server');
  await own.close();
}, 30_000);

const FIELDS = [
  ['Id', 'integer'],
  ['Name', 'string'],
  ['Total', 'number'],
  ['At', 'datetime'],
  ['Doc', 'json'],
].map(([name = '', type]) => ({ name, type: type as 'string', path: [name] }));

function outletOf(
  target: Partial<RedisTarget> = {},
  more: { port?: RedisPort; pauses?: number[]; names?: string[] } = {},
) {
  const own: RedisTarget = { kind: 'redis', write: 'upsert', key: 'order:{Id}', as: 'hash', ...target };
  checkRedisTarget(own, 'Task: target');
  const { port: connection = redis(), pauses = [], names } = more;
  const task: ScheduledTask = {
    ...{ name: 'Out', target: own, mapping: 'by-name', overlap: 'skip', after: [], pageSize: 100 },
    source: { kind: 'database', place: 'platform', table: 'rows', timeZone: 'UTC' },
  };
  const outlet = redisOutlet(task, own, {
    ...connection,
    pause: async (ms) => void pauses.push(ms),
    now: () => performance.now(),
  });
  const plan = outlet.plan(names === undefined ? FIELDS : FIELDS.filter(({ name }) => names.includes(name)), 'run');
  const acknowledged: string[] = [];

  return {
    plan,
    outlet,
    acknowledged,
    async send(...values: Record<string, unknown>[]): Promise<void> {
      const rows = values.map((value) => {
        const row = plan.read({ value, position: '' });
        if (row instanceof Rejection) throw row;

        return row;
      });
      const done = ({ command }: (typeof rows)[number]) => void acknowledged.push(String(command[1]));
      await outlet.send(rows, { hold: async () => undefined, acknowledged: done }).finally(() => outlet.close());
    },
  };
}

/** What HGETALL answers, as an object. */
function pairs(answer: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(answer.flatMap((name, at) => (at % 2 === 0 ? [[name, answer[at + 1]]] : [])));
}

const ROW = { Id: 1, Name: 'Ö "x"', Total: '12.50', At: '2026-11-01 08:30:00', Doc: '{"a":[1]}' };

test('a hash has a field for each name; one without a value is removed, what others keep there stays', async () => {
  await ask('HSET', 'order:1', 'Name', 'old', 'Doc', 'old', 'theirs', 'x');

  await outletOf().send({ ...ROW, Doc: null });

  expect(pairs((await ask('HGETALL', 'order:1')) as string[])).toEqual({
    ...{ theirs: 'x', Id: '1', Name: 'Ö "x"', Total: '12.50', At: '2026-11-01T08:30:00.000Z' },
  });
  expect(await ask('TTL', 'order:1')).toBe(-1);
});

test('a text is an object of JSON, or the one name that is not in the key; both last as long as they are told to', async () => {
  await outletOf({ as: 'json', key: 'json:{Id}', ttlSeconds: 60 }).send(ROW);
  await outletOf({ as: 'text', key: '{Id}', ttlSeconds: 60 }, { names: ['Id', 'Name'] }).send(ROW);
  await outletOf({ as: 'hash', key: 'hash:{Id}', ttlSeconds: 60 }).send(ROW);

  expect(JSON.parse(String(await ask('GET', 'json:1')))).toMatchObject({ Id: 1, Name: 'Ö "x"', Doc: { a: [1] } });
  expect(await ask('GET', '1')).toBe('Ö "x"');
  for (const key of ['json:1', '1', 'hash:1']) expect(Number(await ask('TTL', key))).toBeGreaterThan(50);
  await outletOf({ as: 'text', key: '{Id}' }, { names: ['Id', 'Name'] }).send({ ...ROW, Name: null });
  expect(await ask('EXISTS', '1')).toBe(0);
});

test('what is deleted is told by its key alone, whatever else a record has', async () => {
  await fill(3);

  await outletOf({ write: 'delete' }).send({ Id: 1, Total: 'no number' }, { Id: 3 }, { Id: 99 });

  expect(await ask('KEYS', '*')).toEqual(['order:2']);
});

test('the last of a key stays, in the order of the source, over many rounds', async () => {
  const values = Array.from({ length: 1500 }, (_, n) => ({ ...ROW, Id: n % 50, Name: `v${n}` }));

  await outletOf().send(...values);

  expect(await ask('HGET', 'order:7', 'Name')).toBe('v1457');
  expect(await ask('DBSIZE')).toBe(50);
});

test('what is something else already is refused by itself; what was done before it is acknowledged', async () => {
  await ask('SET', 'order:2', 'a text');
  const own = outletOf();

  const refused = await own
    .send({ ...ROW, Id: 1 }, { ...ROW, Id: 2 }, { ...ROW, Id: 3 })
    .catch((error: unknown) => error);

  expect(refused).toBeInstanceOf(RowsRefused);
  expect(refused).toMatchObject({ fault: { kind: 'data', message: expect.stringContaining('WRONGTYPE') } });
  expect(own.acknowledged).toEqual(['order:1']);
});

test.each<readonly [string, () => Promise<unknown>, Partial<RedisTarget>, object]>([
  [
    'a full server lasts',
    () => ask('CONFIG', 'SET', 'maxmemory', 1),
    {},
    { kind: 'lasting', message: /Redis is full/ },
  ],
  ['one that is away passes', () => end(port), {}, { kind: 'passing', message: /nobody listens/ }],
])('%s', async (_what, act, target, fault) => {
  const own = outletOf(target);
  await act();

  const error = await own.send(ROW).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(NotTaken);
  const { kind, message } = (error as NotTaken).fault;
  expect({ kind, message }).toEqual({
    ...fault,
    message: expect.stringMatching((fault as { message: RegExp }).message),
  });
  port = kind === 'passing' ? await start(['save ""']) : port;
});

test('a server that starts, fails over or is busy is asked again, what is left in its order', async () => {
  const rounds: number[] = [];
  const pauses: number[] = [];
  const own = redis();
  let refusals = 2;
  const loading: RedisPort = {
    ...own,
    async ask(commands, timeMs) {
      rounds.push(commands.length);
      const replies = await own.ask(commands, timeMs);
      refusals -= 1;

      return refusals < 0 ? replies : replies.map((reply, at) => (at === 0 && rounds.length === 1 ? reply : LOADING));
    },
  };

  await outletOf({}, { port: loading, pauses }).send({ ...ROW, Id: 1 }, { ...ROW, Id: 2 }, { ...ROW, Id: 3 });

  expect([rounds, pauses]).toEqual([
    [3, 2, 2],
    [100, 400],
  ]);
});

test('in a cluster each key goes to the member that has it', async () => {
  const [first, second] = await cluster();
  const values = Array.from({ length: 40 }, (_, n) => ({ ...ROW, Id: n }));

  await outletOf({}, { port: redis({ url: `redis://127.0.0.1:${first}?cluster=true` }) }).send(...values);

  const sizes = [Number(await asked(first ?? 0, 'DBSIZE')), Number(await asked(second ?? 0, 'DBSIZE'))];
  expect(sizes[0]).toBeGreaterThan(5);
  expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(40);
  const alone = outletOf({}, { port: redis({ url: `redis://127.0.0.1:${first}` }) }).send(...values);
  await expect(alone).rejects.toThrow('add cluster=true');
}, 30_000);

test.each<readonly [string, Partial<RedisTarget>]>([
  ['key', { key: 'order' }],
  ['key', { key: 'order:{Id' }],
  ['key', { key: 'order:{Missing}' }],
  ['as', { as: 'list' as 'hash' }],
  ['as', { as: 'text' }],
  ['write', { write: 'insert' as 'upsert' }],
  ['ttl', { ttlSeconds: 0.5 }],
  ['ttl', { ttlSeconds: 60, write: 'delete' }],
])('a %s like this is refused by name: %j', (setting, target) => {
  expect(() => outletOf(target)).toThrow(`target.${setting}`);
});

test('a record without its key, or with one that is too long, is rejected', () => {
  const { plan } = outletOf({ key: '{Name}' });

  expect(plan.read({ value: { ...ROW, Name: null }, position: '' })).toMatchObject({ code: 'missing' });
  expect(plan.read({ value: { ...ROW, Name: '' }, position: '' })).toMatchObject({ code: 'length' });
  expect(plan.read({ value: { ...ROW, Name: 'é'.repeat(600) }, position: '' })).toMatchObject({ code: 'length' });
});

test('addresses inside of the platform are refused; with an authority of its own it is encrypted and verified', async () => {
  const files = await certificate();
  const own = await freePort();
  await start(
    ['save ""', `tls-port ${own}`, `tls-cert-file ${files.cert}`, `tls-key-file ${files.key}`].concat([
      'tls-auth-clients no',
      'requirepass sesame',
    ]),
  );
  const [url, ca] = [`redis://localhost:${own}`, readFileSync(files.cert, 'utf8')];
  const ping = (login: Parameters<typeof redis>[0]) => {
    const connection = redis(login);

    return connection.ask([['PING']], 5000).finally(() => connection.close());
  };

  expect(String((await ping({ url, password: 'sesame', ca }))[0])).toBe('PONG');
  await expect(ping({ url: url.replace('redis:', 'rediss:'), password: 'sesame' })).rejects.toThrow('self-signed');
  await expect(ping({ url, password: 'wrong', ca })).rejects.toThrow('WRONGPASS');
  await expect(ping({ url: 'redis://169.254.169.254' })).rejects.toThrow('may not be reached');
  delete process.env['CAUSEWAY_LOOPBACK'];
  await expect(ping({ url })).rejects.toThrow('may not be reached');
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
}, 30_000);
