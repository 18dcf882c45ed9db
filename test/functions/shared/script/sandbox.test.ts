import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSandbox, type Host, type Sandbox, type ScriptRun } from '../../../../functions/shared/script/sandbox.ts';
import { sandboxFiles } from './sandbox-files.ts';

const MB = 1024 * 1024;
const NOTHING: Host = async () => null;

let files: ReturnType<typeof sandboxFiles>;
let sandbox: Sandbox;

beforeAll(() => {
  files = sandboxFiles();
  sandbox = createSandbox(files);
});

afterAll(async () => {
  await sandbox.close();
  rmSync(files.folder, { recursive: true, force: true });
});

function run(source: string, more: Partial<ScriptRun> = {}, host = NOTHING) {
  const limits = { cpuMs: 2000, memoryBytes: 32 * MB };

  return sandbox.run({ name: 'scripts/test.js', source, data: '{}', limits, timeMs: 10_000, ...more }, host);
}

test('what a script returns is the body: a text as it is, everything else as JSON', async () => {
  expect(await run('function execute() { return "Hello world!" }')).toEqual({ answer: { body: 'Hello world!' } });
  expect(await run('function execute() { return { a: [1, "é中😀", null] } }')).toEqual({
    answer: { body: '{"a":[1,"é中😀",null]}' },
  });
  expect(await run('function execute() {}')).toEqual({ answer: { body: '' } });
});

test('a script gets its data as text', async () => {
  const data = JSON.stringify({ method: 'GET', param: { q: '中' } });

  expect(await run('function execute(data) { return typeof data + JSON.parse(data).param.q }', { data })).toEqual({
    answer: { body: 'string中' },
  });
});

test('sloppy mode: implicit globals work, octal literals and `with` too, `this` is the global object', async () => {
  const source = `function execute() { counted = 010; with ({ inner: 1 }) { counted += inner }
    return [counted, (function () { return this === globalThis })()] }`;

  expect(await run(source)).toEqual({ answer: { body: '[9,true]' } });
});

test('nothing a call leaves behind is seen by the next', async () => {
  await run('leaked = 1; Array.prototype.leak = 2; JSON.parse = 3; function execute() { Object.prototype.leak = 4 }');

  expect(
    await run('function execute() { return [typeof leaked, typeof [].leak, typeof {}.leak, typeof JSON.parse] }'),
  ).toEqual({ answer: { body: '["undefined","undefined","undefined","function"]' } });
});

test('each call has random numbers of its own', async () => {
  const random = 'function execute() { return [Math.random(), Math.random()].join() }';
  const answers = [await run(random), await run(random)];
  const numbers = answers.flatMap((outcome) => ('answer' in outcome ? outcome.answer.body.split(',') : []));

  expect(new Set(numbers).size).toBe(4);
});

test('a call that failed, or took much memory, leaves the next one all of it', async () => {
  const large =
    'function execute() { var all = []; for (var i = 0; i < 20; i++) { all.push(new Uint8Array(1024 * 1024)) } return all.length }';
  for (const source of [large, 'throw new Error("x")', large, large]) {
    await run(source);
  }

  expect(await run(large)).toEqual({ answer: { body: '20' } });
});

test('status and headers come with an APIConnectResponse', async () => {
  const source = `importClass(com.roma.apic.livedata.provider.v1.APIConnectResponse);
    function execute() { return new APIConnectResponse(401, { 'X-Type': 'Demo', 'X-Number': 1 }, 'unauthorized', false) }`;

  expect(await run(source)).toEqual({
    answer: { status: 401, headers: { 'X-Type': 'Demo', 'X-Number': '1' }, body: 'unauthorized', base64: false },
  });
});

test('a data source answers before the next line runs, rows as plain objects and as Java collections', async () => {
  const calls: unknown[] = [];
  const source = `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    function execute() {
      config = new DataSourceConfig();
      config.setType('mysql'); config.setUrl('jdbc:mysql://db:3306/shop'); config.setUser('u'); config.setPassword('p');
      var rows = new DataSourceClient(config).execute('select * from t where id = ?', 7, null);
      return [config.getType(), rows[0].name, rows.get(0).get('name'), rows.size(), rows] }`;
  const outcome = await run(source, {}, async (call) => {
    calls.push(call);

    return [{ name: 'x' }];
  });

  expect(outcome).toEqual({ answer: { body: '["mysql","x","x",1,[{"name":"x"}]]' } });
  expect(calls).toEqual([
    {
      operation: 'data-source',
      argument: {
        source: { type: 'mysql', url: 'jdbc:mysql://db:3306/shop', user: 'u', password: 'p' },
        statement: 'select * from t where id = ?',
        values: [7, null],
      },
    },
  ]);
});

test('what the outside refuses is an error the script may catch', async () => {
  const source = `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    function execute() {
      try { new DataSourceClient(new DataSourceConfig('mysql', 'x', 'u', 'p')).execute('select 1') }
      catch (error) { return error.message } }`;

  expect(await run(source, {}, () => Promise.reject(new Error('Access denied')))).toEqual({
    answer: { body: 'Access denied' },
  });
});

test.each([
  ['an endless loop', 'function execute() { while (true) {} }', 'cpu'],
  [
    'an endless loop that catches its end',
    'function execute() { try { while (true) {} } catch (e) {} while (true) {} }',
    'cpu',
  ],
  ['an endless loop before execute is asked for', 'while (true) {}', 'cpu'],
  [
    'a pattern that backtracks for ever',
    'function execute() { return /^(a+)+$/.test(Array(60).join("a") + "b") }',
    'cpu',
  ],
  ['endless recursion', 'function again() { return again() + 1 } function execute() { return again() }', 'stack'],
])('%s is ended, and the next call works', async (_name, source, fault) => {
  expect(await run(source, { limits: { cpuMs: 300, memoryBytes: 16 * MB } })).toMatchObject({ fault });
  expect(await run('function execute() { return 1 }')).toEqual({ answer: { body: '1' } });
});

test.each([
  ['a memory bomb', 'function execute() { var all = [1]; while (true) all = all.concat(all) }'],
  ['many small texts', 'function execute() { var all = []; for (;;) all.push("text " + all.length) }'],
  ['bytes', 'function execute() { var all = []; for (;;) all.push(new Uint8Array(65536)) }'],
  ['one huge text', 'function execute() { return "x".repeat(64 * 1024 * 1024) }'],
])('%s is more than the memory allows, and the next call works', async (_name, source) => {
  // Time enough on a busy machine.
  const limits = { cpuMs: 8000, memoryBytes: 16 * MB };

  expect(await run(source, { limits })).toMatchObject({ fault: 'memory' });
  expect(await run('function execute() { return 1 }')).toEqual({ answer: { body: '1' } });
});

test('a script may use what its memory allows, again and again', async () => {
  const source =
    'function execute() { var all = []; while (all.length < 12) all.push(new Uint8Array(1048576)); return 1 }';
  const limits = { cpuMs: 8000, memoryBytes: 16 * MB };
  for (let i = 0; i < 5; i += 1) {
    expect(await run(source, { limits })).toEqual({ answer: { body: '1' } });
  }
});

test('a wait for the outside is not the script’s processor time, but the whole run has its time too', async () => {
  const source = `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    function execute() { return new DataSourceClient(new DataSourceConfig()).execute('select 1') }`;
  const slow: Host = () => new Promise((done) => setTimeout(() => done([]), 400));
  const limits = { cpuMs: 200, memoryBytes: 16 * MB };

  expect(await run(source, { limits }, slow)).toEqual({ answer: { body: '[]' } });
  expect(await run(source, { timeMs: 100 }, () => new Promise(() => undefined))).toMatchObject({ fault: 'time' });
  expect(await run(source, { limits }, slow)).toEqual({ answer: { body: '[]' } });
});

test('there is no process, no module, no network, no file and no timer in there', async () => {
  const names =
    'process,require,module,exports,global,fetch,XMLHttpRequest,Worker,setTimeout,Buffer,std,os,WebAssembly,hostText,host';
  const source = `function execute() {
    var found = '${names}'.split(',').filter(function (name) { return (0, eval)('typeof ' + name) !== 'undefined' });
    return found.concat(Object.getOwnPropertyNames((function () {}).constructor('return this')().com)) }`;

  expect(await run(source)).toEqual({ answer: { body: '["roma","huawei"]' } });
});

test.each([
  ['throw new TypeError("wrong")', 'TypeError: wrong'],
  ['throw "a text"', 'a text'],
  ['undefinedFunction()', "ReferenceError: 'undefinedFunction' is not defined"],
])('%s is a fault with its message', async (statement, message) => {
  expect(await run(`function execute() { ${statement} }`)).toMatchObject({ fault: 'error', message });
});

test('a script that is no JavaScript, or has no execute, is a fault that says so', async () => {
  expect(await run('this is not')).toMatchObject({ fault: 'error', message: expect.stringContaining('SyntaxError') });
  expect(await run('var a = 1')).toMatchObject({
    message: 'ReferenceError: the script has no function execute(data)',
  });
  expect(await run('importClass(com.roma.apic.livedata.client.v1.Unknown)')).toMatchObject({
    message: 'ReferenceError: importClass: there is no such class',
  });
});

test('the oldest spelling of execute works', async () => {
  expect(await run('function excute() { return 1 }')).toEqual({ answer: { body: '1' } });
});
