import { beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../../conformance/endpoint.ts';
import { scripts, withSource } from '../script/script-fixture.ts';
import { oneRedis, privateRedis } from './redis-fixture.ts';

const PASSWORD = 'secret-word';
const { run } = scripts();
const redis = oneRedis(PASSWORD);
const { start, certificate } = privateRedis();

/** Runs the body with a source of the private server. @param url what stands behind its port */
const ask = (body: string, url = '', more = {}) => run(withSource(source(url), body), more);

function source(url = '') {
  return { type: 'redis', url: `127.0.0.1:${redis.port}${url}`, password: PASSWORD };
}

beforeAll(async () => {
  await redis.ask('SET', 'plain', 'é中😀');
});

test('commands of Redis, answered as JSON has it', async () => {
  const body = `return [ds.execute('SET counted 41'), ds.execute('incr counted'), ds.execute('GET counted'), ds.execute('GET plain'), ds.execute('GET nothing'),
    ds.execute('RPUSH list a "b c" \\'d e\\''), ds.execute('LRANGE list 0 -1'), ds.execute('HSET hash name Ann __proto__ x'), ds.execute('HGETALL hash').get('name'),
    ds.execute('HGETALL nothing'), ds.execute('EVAL "return {1, {2, false}}" 0'), ds.execute('SET big 9223372036854775806'), ds.execute('INCR big'),
    ds.execute('SET bytes "\\\\x00\\\\xff"'), ds.execute('GET bytes'), ds.execute('KEYS lis?')]`;

  expect(await ask(body)).toEqual([
    'OK',
    42,
    '42',
    'é中😀',
    null,
    3,
    ['a', 'b c', 'd e'],
    2,
    'Ann',
    {},
    [1, [2, null]],
    'OK',
    '9223372036854775807',
    'OK',
    'AP8=',
    ['list'],
  ]);
});

test('values are bound to words that are a question mark, whatever is in them', async () => {
  const hostile = `x" EX 1\n?'`;
  const body = `ds.execute('SET ? ?', 'a key', ${JSON.stringify(hostile)});
    return [ds.execute('GET ?', ['a key']), ds.execute("ECHO '?'"), ds.execute('INCRBY counted2 ?', 5), ds.execute('SET yes ?', true), ds.execute('GET yes'),
      refusal(function () { ds.execute('SET ? ?', 'a') }), refusal(function () { ds.execute('SET a ?', null) }),
      refusal(function () { ds.execute("GET 'open") }), refusal(function () { ds.execute(' ') })]`;

  expect(await ask(body)).toEqual([
    hostile,
    '?',
    5,
    'OK',
    'true',
    expect.stringContaining('received 1; allowed: 2'),
    expect.stringContaining('Redis knows no null'),
    expect.stringContaining('ends with its quote'),
    expect.stringContaining('a command of Redis'),
  ]);
});

test('what the server refuses is an error of the script, in the server’s words', async () => {
  const body = `ds.execute('SET text x');
    return [refusal(function () { ds.execute('NOTHING a') }), refusal(function () { ds.execute('INCR text') }), ds.execute('PING')]`;

  expect(await ask(body)).toEqual([
    expect.stringContaining("unknown command 'NOTHING'"),
    expect.stringContaining('not an integer'),
    'PONG',
  ]);
});

test.each(['SUBSCRIBE news', 'monitor', 'HELLO 3', 'RESET', 'QUIT', 'PSYNC ? -1'])('%s is refused', async (command) => {
  const body = `return [refusal(function () { ds.execute(${JSON.stringify(command)}) }), ds.execute('PING')]`;

  expect(await ask(body)).toEqual([expect.stringContaining('is not for scripts'), 'PONG']);
});

test('a transaction that is left open does nothing, and the next call has a connection of its own', async () => {
  await ask(`ds.execute('MULTI'); ds.execute('SET tx 1')`);
  expect(await redis.ask('GET', 'tx')).toBeNull();
  expect(await ask(`ds.execute('SELECT 3'); ds.execute('SET here three'); return ds.execute('GET here')`)).toBe(
    'three',
  );
  expect(await ask(`return ds.execute('GET here')`)).toBeNull();
  expect(
    await ask(`ds.execute('MULTI'); ds.execute('SET tx 2'); ds.execute('INCR plain'); return ds.execute('EXEC')`),
  ).toEqual(['OK', expect.stringContaining('not an integer')]);
});

test('calls one after the other share a connection, as long as nothing is left on it', async () => {
  const id = `EVAL "return redis.call('INFO', 'stats'):match('total_connections_received:(%d+)')" 0`;
  const body = `return ds.execute(${JSON.stringify(id)})`;

  expect(await ask(body)).toBe(await ask(body));
});

test('a call may use many sources, and not any number of them', async () => {
  const script = `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    function execute() {
      var answers = [];
      for (var i = 0; i < 21; i++) {
        var url = '127.0.0.1:${redis.port}/' + (i % 16) + '?' + i;
        try { answers.push(new DataSourceClient(new DataSourceConfig('redis', url, '', '${PASSWORD}')).execute('PING')) } catch (error) { answers.push(error.message) }
      }
      return answers;
    }`;

  expect(await run(script)).toEqual([...Array(20).fill('PONG'), expect.stringContaining('20 different sources')]);
});

test('a command that waits is ended with its time', async () => {
  const body = `return [refusal(function () { ds.execute('BLPOP nothing 0') }), ds.execute('PING')]`;

  expect(await ask(body, '/0?socketTimeout=300')).toEqual(['the command was ended after 300 ms', 'PONG']);
});

test('an answer of more than 5 MB is refused, and the script goes on', async () => {
  await redis.ask('SETRANGE', 'large', String(6 << 20), 'x');
  const body = `return [refusal(function () { ds.execute('GET large') }), ds.execute('PING')]`;

  expect(await ask(body)).toEqual([expect.stringContaining('larger than 5 MB'), 'PONG']);
});

test('an answer that would not fit into memory is given up on its way', async () => {
  await redis.ask('SETRANGE', 'vast', String(70 << 20), 'x');
  const body = `return [refusal(function () { ds.execute('GET vast') }), ds.execute('PING')]`;

  expect(await ask(body)).toEqual([expect.stringContaining('larger than a function can hold'), 'PONG']);
  await redis.ask('DEL', 'vast');
});

test('password, user and database are those that are set, or of the URL', async () => {
  const body = `return refusal(function () { ds.execute('GET plain') })`;
  const url = `redis://:${PASSWORD}@127.0.0.1:${redis.port}/2`;

  expect(await run(withSource({ ...source(), password: '' }, body))).toContain('NOAUTH');
  expect(await run(withSource({ ...source(), password: 'wrong' }, body))).toContain('WRONGPASS');
  expect(await run(withSource({ ...source(), user: 'nobody' }, body))).toContain('WRONGPASS');
  await run(withSource({ type: '', url }, `ds.execute('SET two second')`));
  expect(await ask(`return ds.execute('GET two')`, '/2')).toBe('second');
  expect(await ask(`return ds.execute('GET two')`)).toBeNull();
});

test('a certificate that nobody vouches for is refused, unless the URL says otherwise', async () => {
  const { cert, key } = await certificate();
  const port = await freePort();
  await start(['port 0', `tls-port ${port}`, `tls-cert-file ${cert}`, `tls-key-file ${key}`, 'tls-auth-clients no']);
  const body = `return refusal(function () { ds.execute('PING') })`;

  expect(await run(withSource({ type: 'redis', url: `rediss://127.0.0.1:${port}` }, body))).toContain(
    'self-signed certificate',
  );
  expect(
    await run(
      withSource({ type: 'redis', url: `redis://127.0.0.1:${port}?sslmode=require` }, `return ds.execute('PING')`),
    ),
  ).toBe('PONG');
});

test.each([
  ['127.0.0.1:1', 'ECONNREFUSED'],
  ['nothing.invalid', 'there is no host nothing.invalid'],
  ['redis://169.254.169.254', 'link-local'],
])('%p is an error the script may catch', async (url, message) => {
  expect(await run(withSource({ type: 'redis', url }, `return refusal(function () { ds.execute('PING') })`))).toContain(
    message,
  );
});
