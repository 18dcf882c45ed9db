import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { APP_SCHEMES } from '../../core/apic/app-schemes.ts';
import { call, signedByReferenceSdk, withAppCode } from './caller.ts';
import { causeway, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { madeIntegration } from './workshop/made.ts';
import { outside } from './workshop/outside.ts';
import { LANGUAGES, printedCode } from './workshop/printed-code.ts';

const REFUSED = {
  error_msg: 'Incorrect authentication information: frontend authorizer',
  error_code: 'APIC.0305',
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
};

const INTERNAL = {
  error_msg: 'Internal server error.',
  error_code: 'APIC.0601',
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
};

const TEMPLATES = ['function', 'data', 'blank', 'mysql', 'redis', 'front-authorizer'];

/** What `backend new` writes into an empty folder. */
const made = temporaryFolder();
const askOutside = outside();
const ENDED = {
  error_msg: 'Backend unavailable.',
  error_code: 'APIC.0202',
  request_id: expect.stringMatching(/^[0-9a-f-]+$/),
};
let platform: Platform;
let group: string;
let workshop: string;

beforeAll(async () => {
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(made, 'node_modules'));
  platform = await startPlatform({ integration: await madeIntegration(made, TEMPLATES) });
  group = platform.file.apis['Enterprise']?.url as string;
  workshop = platform.file.apis['Workshop']?.url as string;
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
  removeFolder(made);
}, 60_000);

async function script(name: string, body: unknown = {}, query: Record<string, string> = {}) {
  const headers = { ...withAppCode(platform.file, 'EnterpriseOwner'), 'Content-Type': 'application/json' };
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${group}/scripts/${name}?${search}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });

  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('a script answers what it returns, by AppCode', async () => {
  expect(await script('hello')).toMatchObject({ status: 200, text: 'Hello world!' });
  expect(JSON.parse((await script('echo', { a: { b: '中' } }, { q: 'x y' })).text)).toEqual({
    method: 'POST',
    uri: '/scripts/echo',
    param: { q: 'x y' },
    body: { a: { b: '中' } },
  });
});

test('a script reads the platform’s own database through the classes it was written for', async () => {
  const answer = await script('customers', { city: '深圳' });

  expect(answer).toMatchObject({ status: 200, type: 'application/json' });
  expect(JSON.parse(answer.text)).toEqual([{ Id: 3, Name: '王小明', City: '深圳', Credit: 88 }]);
  expect(JSON.parse((await script('customers', { city: "' OR 1=1 -- " })).text)).toEqual([]);
  expect(await script('customers')).toMatchObject({ status: 400, text: '{"error":"city is required"}' });
});

test('a script wants a signature or an AppCode', async () => {
  const url = `${group}/scripts/hello`;
  const owner = platform.file.apps['EnterpriseOwner'] as { key: string; secret: string };

  expect(await call(url, { method: 'POST' })).toMatchObject({ status: 401, body: { error_code: 'APIC.0303' } });
  const headers = signedByReferenceSdk(owner, { method: 'POST', url });
  expect(await call(url, { method: 'POST', headers })).toMatchObject({ status: 200, text: 'Hello world!' });
});

test('the custom authorizer lets the right header through to the mock, and everything else gets the reference’s refusal', async () => {
  const token = platform.file.secrets?.['FrontDoorToken'] as string;

  expect(await call(`${group}/test`, { headers: { 'x-auth': token } })).toMatchObject({
    status: 200,
    text: 'ROMA TEST!',
  });
  for (const headers of [
    {},
    { 'x-auth': '' },
    { 'x-auth': 'wrong' },
    { 'x-auth': `${token} x` },
    { 'y-auth': token },
  ]) {
    const refused = await call(`${group}/test`, { headers: headers as Record<string, string> });

    expect(refused).toMatchObject({ status: 401, body: REFUSED });
    expect(Object.keys(refused.body as object)).toEqual(['error_msg', 'error_code', 'request_id']);
  }
});

test('a data API over the customers', async () => {
  const headers = withAppCode(platform.file, 'EnterpriseOwner');

  expect(await call(`${group}/customers`, { query: { name: 'Love' }, headers })).toMatchObject({
    body: { default: [{ Id: 1, Name: 'Ada Lovelace', City: 'London', Credit: '1200.50' }] },
  });
});

async function customers(path: string, cents?: unknown) {
  const headers = { ...withAppCode(platform.file, 'EnterpriseOwner'), 'Content-Type': 'application/json' };
  const charge = cents !== undefined && { method: 'POST', body: JSON.stringify({ cents }) };
  const response = await fetch(`${group}/customers/${path}`, { headers, ...charge });

  return {
    status: response.status,
    location: response.headers.get('location'),
    body: (await response.json()) as Readonly<Record<string, unknown>>,
  };
}

describe('a function in TypeScript', () => {
  test('answers from the platform’s database, with parameters of their types', async () => {
    expect(await customers('2')).toEqual({
      status: 200,
      location: null,
      body: { id: 2, name: 'Zuse KG', city: 'Berlin', credit: '0.00' },
    });
  });

  test('answers with a status and headers of its own', async () => {
    expect(await customers('3/charges', 88_00)).toEqual({
      ...{ status: 201, location: '/customers/3' },
      body: { customer: 3, credit: 0 },
    });
  });

  test('refuses in its own words, and changes nothing then', async () => {
    expect(await customers('99')).toMatchObject({ status: 404, body: { error_msg: 'There is no customer 99.' } });
    expect(await customers('2/charges', 1)).toMatchObject({ status: 409, body: { error_code: 'CREDIT.TOO_LOW' } });
    expect(await customers('2')).toMatchObject({ body: { credit: '0.00' } });
  });

  test('charges at once what is there once', async () => {
    const charges = await Promise.all(Array.from({ length: 5 }, () => customers('1/charges', 50_000)));

    expect(charges.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409]);
    expect(await customers('1')).toMatchObject({ body: { credit: '200.50' } });
  });

  test.each([
    ['a path value', '1e3', undefined, 'id (path): received "1e3"'],
    ['a missing one', '1/charges', null, 'cents (body): received nothing'],
    ['one beyond its limits', '1/charges', 0, 'cents (body): received "0"'],
  ])('does not see a parameter that is not as declared: %s', async (_name, path, cents, message) => {
    const { status, body } = await customers(path, cents);

    expect([status, body['error_code']]).toEqual([400, 'APIC.0106']);
    expect(body['error_msg']).toContain(message);
  });

  test.each([
    ['error', 500, INTERNAL],
    ['text', 500, INTERNAL],
    ['sql', 500, INTERNAL],
    ['late', 504, { ...INTERNAL, error_msg: 'Backend timeout.', error_code: 'APIC.0203' }],
    // The gateway's own answer: the function is ended by Lambda.
    ['endless', 502, ENDED],
    ['greedy', 502, ENDED],
  ])('that goes wrong (%s) is %i, and says nothing of why', async (how, status, body) => {
    const answer = await call(`${workshop}/faulty`, { query: { how } });

    expect(answer).toMatchObject({ status, body });
    expect(answer.text).not.toContain('hunter2');
  });

  test('that goes wrong says why in its log, under the answer’s request id and by the lines of its source', async () => {
    const { requestId } = await call(`${workshop}/faulty`, { query: { how: 'error' } });
    const line = platform
      .logs()
      .split('\n')
      .find((text) => text.includes(`"requestId":"${requestId}"`) && text.includes('"level":"ERROR"'));

    expect(line).toContain('the password is hunter2');
    expect(line).toContain('test/acceptance/workshop/faulty.ts:5:');
  });

  test('keeps no transaction that its call left open', async () => {
    await call(`${workshop}/faulty`, { query: { how: 'late' } });

    // It would wait for the row, or see what was changed.
    expect(await customers('2/charges', 1)).toMatchObject({ status: 409, body: { error_code: 'CREDIT.TOO_LOW' } });
  });

  test('keeps what its module holds for the calls after, and nothing of a call', async () => {
    expect((await call(`${workshop}/memory`, { query: { a: '1' } })).body).toEqual({ calls: 1, query: { a: '1' } });
    expect((await call(`${workshop}/memory`)).body).toEqual({ calls: 2, query: {} });
  });
});

describe('a script', () => {
  test.each([
    ['throws', 500, INTERNAL],
    ['greedy', 500, INTERNAL],
    ['endless', 504, { ...INTERNAL, error_msg: 'Backend timeout.', error_code: 'APIC.0203' }],
  ])('that %s is %i, and says nothing of why', async (name, status, body) => {
    const answer = await call(`${workshop}/scripts/${name}`, { method: 'POST' });

    expect(answer).toMatchObject({ status, body });
    expect(answer.text).not.toContain('hunter2');
  });

  test('leaves nothing for the next call', async () => {
    for (let i = 0; i < 2; i += 1) {
      expect((await call(`${workshop}/scripts/leaves`, { method: 'POST' })).text).toBe('undefined undefined {"a":1}');
    }
  });
});

test('a script reaches PostgreSQL, Redis, another API and its cache, whichever process runs it', async () => {
  const owner = platform.file.apps['EnterpriseOwner'] as { key: string; secret: string };
  const ask = () => askOutside(`${workshop}/scripts/outside`, { url: `${group}/scripts/hello`, ...owner });
  const answer = { rows: [{ answer: 42 }], greeting: 'hello', api: [200, 'Hello world!'] };

  expect(await ask()).toEqual({ ...answer, calls: 1 });
  expect(await ask()).toEqual({ ...answer, calls: 2 });
});

test('a mock answers its status, headers and body, as JSON unless it says otherwise', async () => {
  const answers = await Promise.all(['teapot', 'plain', 'untyped'].map((path) => fetch(`${workshop}/${path}`)));
  const seen = answers.map(async (answer) => [
    answer.status,
    answer.headers.get('content-type'),
    answer.headers.get('x-pot'),
    await answer.text(),
  ]);

  expect(await Promise.all(seen)).toEqual([
    [418, 'text/html; charset=utf-8', 'tea', '<p>no ☕</p>'],
    [200, 'application/json', null, '{"a":1}'],
    [200, 'application/json', 'tea', ''],
  ]);
});

describe('causeway backend test', () => {
  const backendTest = (...args: string[]) => causeway('backend', 'test', ...args, '--state', platform.state);

  test('tries out what is not published yet, as any app and as any caller', async () => {
    const { code, stdout } = await backendTest(
      ...['Workshop/Draft', '-p', 'a=x y', '-H', 'X-Try: yes', '-d', '{"n":[1]}', '-X', 'post'],
      ...['--app', 'Anyone', '--context', 'user=me', '--json'],
    );
    const { request, answer, milliseconds } = JSON.parse(stdout);

    expect(code).toBe(0);
    expect(request).toEqual({
      ...{ method: 'POST', path: '/memory?a=x%20y', body: '{"n":[1]}' },
      headers: [
        ['X-Try', 'yes'],
        ['Content-Type', 'application/json'],
      ],
    });
    expect(answer).toMatchObject({ status: 202, headers: expect.arrayContaining([['X-Draft', 'yes']]) });
    expect(JSON.parse(answer.body)).toEqual({
      ...{ query: { a: 'x y' }, header: 'yes', body: { n: [1] } },
      ...{ app: 'Anyone', authorizer: { user: 'me' } },
    });
    expect(milliseconds).toBeGreaterThan(0);
  });

  test('shows the raw request, the statement, the raw answer and the time', async () => {
    const { code, stdout } = await backendTest('Enterprise/Customers', '-p', 'city=Berlin');

    expect(code).toBe(0);
    expect(stdout).toMatch(/City = :p0.*:p0 = "Berlin".*> GET \/customers\?city=Berlin HTTP\/1\.1/s);
    expect(stdout).toMatch(/< HTTP\/1\.1 200.*\{"default":\[\{"Id":2,.*\d ms/s);
  });

  test('fails where the backend refuses, and where there is none', async () => {
    expect(await backendTest('Enterprise/Customer', '-p', 'id=x')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"error_code":"APIC.0106"'),
    });
    expect(await backendTest('Enterprise/Customer')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The path /customers/{id} needs a value for its parameter id.'),
    });
    expect(await backendTest('Enterprise/Nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no backend Enterprise/Nowhere.'),
    });
  });

  test('is for those the management API knows', async () => {
    const url = `${platform.file.management.url}/backends/Workshop/Draft/test`;
    const { status } = await fetch(url, { method: 'POST', body: '{}', headers: { Authorization: 'Bearer wrong' } });

    expect(status).toBe(401);
  });
});

describe('what causeway backend new writes runs as it is', () => {
  const url = (path: string) => `${platform.file.apis['Made']?.url}${path}`;
  const ask = async (path: string, method = 'GET') =>
    (await call(url(path), { method, headers: withAppCode(platform.file, 'MadeOwner') })).body;

  test('a function', async () => {
    expect(await ask('/made-function?name=Ada')).toEqual({ greeting: 'Hello Ada!', now: expect.any(String) });
    expect(await ask('/made-function?name=%20')).toMatchObject({ error_code: 'FUNCTION.0400' });
  });

  test('a statement', async () => {
    expect(await ask('/made-data')).toEqual({
      default: [
        { Id: 1, Name: 'Ada' },
        { Id: 2, Name: 'Grace' },
      ],
    });
    expect(await ask('/made-data?name=rac&limit=1')).toEqual({ default: [{ Id: 2, Name: 'Grace' }] });
  });

  test('scripts, each published because it lies in the folder, by AppCode and by signature', async () => {
    expect(await ask('/scripts/made-mysql?name=%27%20--', 'POST')).toEqual([
      { Name: "' --", Now: expect.stringMatching(/^2/) },
    ]);
    const owner = platform.file.apps['MadeOwner'] as { key: string; secret: string };
    const signed = signedByReferenceSdk(owner, { method: 'POST', url: url('/scripts/made-blank') });

    expect(await call(url('/scripts/made-blank'), { method: 'POST', headers: signed })).toMatchObject({
      ...{ status: 200, text: 'Hello world!' },
    });
    expect(await call(url('/scripts/made-blank'), { method: 'POST' })).toMatchObject({ status: 401 });
  });

  test('an authorizer', async () => {
    const headers = { 'x-auth': platform.file.secrets?.['MadeFrontAuthorizerToken'] as string };

    expect(await call(url('/made-front-authorizer'), { headers })).toMatchObject({ status: 200, text: 'Hello world!' });
    expect(await call(url('/made-front-authorizer'))).toMatchObject({ status: 401, body: REFUSED });
  });
});

test.each([...APP_SCHEMES, 'iam'])(
  'an API is called by %s: by the code that is printed, and by api call',
  async (scheme) => {
    const api = `Workshop/By-${scheme}`;
    const call = ['-p', 'id=17', '-q', "q=it's 中", '-d', '{"text":"a\\"b"}'];
    const answers = await Promise.all([
      ...LANGUAGES.map((language) => printedCode(platform, api, language, { id: '17', q: "it's 中", text: 'a"b' })),
      causeway('api', 'call', api, ...call, '--state', platform.state).then(({ stdout }) => stdout),
    ]);

    expect(answers).toEqual(
      answers.map(() => expect.stringContaining('{"default":[{"Id":"17","Q":"it\'s 中","Text":"a\\"b"}]}')),
    );
  },
);
