import { beforeAll, expect, test } from '@jest/globals';
import { asked, oneRedis, privateRedis } from '../sources/redis-fixture.ts';
import { scripts, withSource } from './script-fixture.ts';

const PASSWORD = 'secret-word';
const { run } = scripts();
const redis = oneRedis(PASSWORD);
const { start, cluster } = privateRedis();

/** The body, with a client of what `settings` says of its configuration. */
const ask = (settings: string, body: string) =>
  run(`importClass(com.roma.apic.livedata.client.v1.RedisClient);
importClass(com.roma.apic.livedata.config.v1.JedisConfig);
function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
function execute(data) {
  var config = new JedisConfig(); ${settings}
  var client = new RedisClient(config);
  ${body}
}`);

const one = () =>
  `config.setIp(['127.0.0.1']); config.setPort(['${redis.port}']); config.setPassPhrase('${PASSWORD}'); config.setMode('SINGLE');`;

test('the example of the reference system counts', async () => {
  const body = `var count = client.get('visit_count');
    if (!count) { client.put('visit_count', 1); } else { client.put('visit_count', parseInt(count) + 1); }
    return 'n' + client.get('visit_count')`;

  expect([await ask(one(), body), await ask(one(), body)]).toEqual(['n1', 'n2']);
});

test('texts are put, for good or for seconds, read and removed, whatever is in them', async () => {
  const hostile = `a "b' ? \\n é`;
  const body = `var key = ${JSON.stringify(hostile)};
    return [client.put(key, key), client.get(key), client.put('short', 100, 'x'), client.remove(key), client.remove(key), client.get(key)]`;

  expect(await ask(one(), body)).toEqual(['OK', hostile, 'OK', 1, 0, null]);
  expect(await redis.ask('TTL', 'short')).toBeGreaterThan(90);
});

test('a configuration answers what it was given, and what holds otherwise', async () => {
  const body = `return [config.getDatabase(), config.getMaxAttempts(), config.getMaxIdel(), config.getMaxWait(), config.getTimeout(), config.getSoTimeout(),
    config.getMode(), config.getMaster(), config.getPort()]`;

  expect(await ask(one(), body)).toEqual([0, 10000, 5, 60, 1000, 600, 'SINGLE', null, [String(redis.port)]]);
});

test('a database by its number', async () => {
  await ask(`${one()} config.setDatabase(4)`, `client.put('four', '4')`);

  expect(await ask(one(), `return client.get('four')`)).toBeNull();
  expect(await ask(`${one()} config.setDatabase(4)`, `return 'n' + client.get('four')`)).toBe('n4');
});

test.each([
  [() => '', 'at least one address'],
  [() => `${one()} config.setMode('MANY');`, 'SINGLE, CLUSTER, MASTER_SLAVE'],
  [() => `${one()} config.setMode('MASTER_SLAVE');`, 'the name the sentinels know'],
  [() => `${one()} config.setPassPhrase('wrong');`, 'WRONGPASS'],
  [() => `config.setIp(['169.254.169.254']);`, 'link-local'],
])('what cannot be is an error the script may catch', async (settings, message) => {
  expect(await ask(settings(), `return refusal(function () { client.get('a') })`)).toContain(message);
});

test('a master is asked for at the sentinels', async () => {
  const sentinel = await start(
    [`sentinel monitor main 127.0.0.1 ${redis.port} 1`, `sentinel auth-pass main ${PASSWORD}`],
    { sentinel: true },
  );
  const settings = (name: string) =>
    `config.setIp(['127.0.0.1', '127.0.0.1']); config.setPort(['1', '${sentinel}']); config.setMode('MASTER_SLAVE'); config.setMaster('${name}'); config.setPassPhrase('${PASSWORD}');`;

  expect(await ask(settings('main'), `client.put('of master', 'yes'); return client.get('of master')`)).toBe('yes');
  expect(await ask(settings('other'), `return refusal(function () { client.get('a') })`)).toContain(
    'no master "other"',
  );
});

test('on a cluster each key is found, wherever it lies', async () => {
  const ports = await cluster();
  const settings = `config.setIp(['127.0.0.1']); config.setPort(['${ports[0]}']); config.setMode('CLUSTER');`;
  const body = `var keys = []; for (var i = 0; i < 20; i++) { keys.push('key' + i); client.put('key' + i, 'value' + i) }
    return keys.map(function (key) { return client.get(key) })`;

  expect(await ask(settings, body)).toEqual(Array.from({ length: 20 }, (_, i) => `value${i}`));
  // Both have some, or nothing was tried.
  for (const port of ports) {
    expect(await sizeOf(port)).toBeGreaterThan(0);
  }
});

test('without the mode of a cluster, one of its members says what to do', async () => {
  const [port] = await cluster();
  const settings = `config.setIp(['127.0.0.1']); config.setPort(['${port}']);`;
  // Of two keys in different halves one is not here.
  const body = `return ['key1', 'key2', 'key3', 'key4'].map(function (key) { return refusal(function () { client.get(key) }) }).join('; ')`;

  expect(await ask(settings, body)).toMatch(
    /127\.0\.0\.1:\d+ is a member of a Redis cluster, and the key is at 127\.0\.0\.1:\d+: add cluster=true/,
  );
});

test('a data source is a cluster where its URL says so; transactions are of one member', async () => {
  const [port] = await cluster();
  const source = { type: 'redis', url: `redis://127.0.0.1:${port}?cluster=true` };
  const body = `for (var i = 0; i < 8; i++) { ds.execute('SET ? ?', 'c' + i, i) }
    return [0, 1, 2, 3, 4, 5, 6, 7].map(function (i) { return ds.execute('GET ?', 'c' + i) }).join()`;

  expect(await run(withSource(source, body))).toBe('0,1,2,3,4,5,6,7');
  expect(await run(withSource(source, `return refusal(function () { ds.execute('multi') })`))).toContain(
    'MULTI is of one member',
  );
});

async function sizeOf(port: number): Promise<number> {
  return Number(await asked(port, 'DBSIZE'));
}

beforeAll(() => redis.ask('FLUSHALL'));
