import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseProcesses, signal } from '../faults/processes.ts';
import { signedByReferenceSdk, withAppCode } from './caller.ts';
import { eventually, type LocalFile, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { REFUSALS, type When } from './refusals.ts';
import { trialAssembly } from './trial/assembly.ts';
import { ORIGINS } from './trial/index.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly text: string;
  readonly headers: Headers;
}
type Ask = () => Promise<Answer>;

const folder = temporaryFolder();
const ORIGIN = ORIGINS[0] as string;
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const KEYS = ['error_msg', 'error_code', 'request_id'];

let platform: Platform;
let file: LocalFile;

beforeAll(async () => {
  platform = await startPlatform({ assembly: await trialAssembly(folder) });
  file = platform.file;
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
  removeFolder(folder);
}, 60_000);

/** How each refusal is met. */
const MET: Readonly<Record<When, Ask>> = {
  'a required parameter is missing': () => note('', FORM),
  'a parameter is not of its type': () => note('text=x', FORM, '?limit=many'),
  'a parameter is beyond its limits': () => note('text=x', FORM, '?limit=-1'),
  'the body is not what its Content-Type says': () => note('text=x', JSON_TYPE),
  'the body is neither a form nor JSON': () => note('<text/>', 'text/xml'),
  'management API: no or wrong credentials': () => call(`${file.management.url}/apps`, { headers: bearer('wrong') }),
  'no credentials of an app': () => call(url('/owned')),
  'an unknown AppCode, or one where the API takes none': () =>
    call(url('/signed'), { method: 'POST', headers: withAppCode(file, 'TrialOwner') }),
  'a signature that is not right': () =>
    call(url('/owned'), {
      headers: signedByReferenceSdk({ ...app('TrialOwner'), secret: 'x' }, { url: url('/owned') }),
    }),
  'a signature of a body that is another': () => signedPost('TrialOwner', 'one', 'two'),
  'the app has no grant for the API': () =>
    call(url('/owned'), { headers: signedByReferenceSdk(app('TrialStranger'), { url: url('/owned') }) }),
  'no API has this path': () => call(url('/nowhere/at/all')),
  'no API has this method on the path': () => call(url('/owned'), { method: 'DELETE' }),
  'a body above 10 MB': () => note('x'.repeat(11 * 1024 * 1024), FORM),
  'a body above 4.5 MB': () => note('x'.repeat(5 * 1024 * 1024), FORM),
  'a URI above 8,192 bytes': () => call(url(`/injection/bare?x=${'x'.repeat(8200)}`)),
  'a path above 1,500 bytes': () => call(url(`/${'x'.repeat(1600)}`)),
  'headers above 16,384 bytes': () => call(url('/owned'), { headers: { 'X-Long': 'x'.repeat(16_500) } }),
  'more calls a second than the group allows': () => until(429, () => call(`${file.apis['Trickle']?.url}/drop`)),
  'the authorizer fails': () => call(`${file.apis['BrokenAuthorizer']?.url}/`),
  'the authorizer says nothing': () => call(`${file.apis['SilentAuthorizer']?.url}/`),
  'the database refuses the statement': () => call(url('/othertable')),
  'the result is above 1 MiB': () => call(url('/wide')),
  'the database is down': withoutDatabase,
  'the function ends without an answer': () => call(`${file.apis['EndingFunction']?.url}/`),
  'the statement takes longer than the call may': () => call(url('/slow')),
  'management API: a request that is not valid': () => manage('POST', '/devices', {}),
  'management API: what is asked for does not exist': () => manage('GET', '/devices/Probe/nobody'),
  'management API: what is to be made exists already': () =>
    manage('POST', '/devices', { product: 'Probe', device: 'P-001' }),
  'management API: the state does not allow it': () => manage('DELETE', '/devices/Probe/P-001'),
};

describe('every refusal has its status, its code and the body of the reference', () => {
  test.each(REFUSALS)(
    '%i %s: %s',
    async (status, code, when) => {
      const answer = await MET[when]();

      expect([answer.status, answer.body['error_code']]).toEqual([status, code]);
      expect(Object.keys(answer.body)).toEqual(KEYS);
      expect(answer.body['request_id']).toMatch(/^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(answer.headers.get('x-request-id')).toBe(answer.body['request_id']);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.text).not.toMatch(/private detail|MariaDB|causeway_api|SQL syntax|at .*\.mjs/);
      const logged = () => Promise.resolve(platform.logs().includes(answer.body['request_id'] as string));
      expect(await eventually(logged, Boolean, 3_000)).toBe(true);
    },
    60_000,
  );
});

test('what a wrong parameter was, and what is allowed, is said', async () => {
  expect((await note('text=x', FORM, '?limit=-1')).body['error_msg']).toBe(
    'Orchestration error. Parameter limit (query): received "-1"; allowed: a whole number from 1 to 10.',
  );
});

test('a forger does not learn whether the app whose key he uses has a grant', async () => {
  const forged = async (name: string) => {
    const { status, body } = await signedPost(name, 'one', 'two');

    return [status, body['error_code'], body['error_msg']];
  };

  expect(await forged('TrialStranger')).toEqual(await forged('TrialOwner'));
  expect((await signedPost('TrialStranger', 'one')).status).toBe(403);
  expect((await signedPost('TrialOwner', 'one')).text).toBe('{"default":[{"Text":"one"}]}');
});

describe('pages of other origins', () => {
  const preflight = (path: string, origin: string) =>
    call(path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization,x-sdk-date,x-apig-appcode',
      },
    });
  const from = (origin: string) => ({ headers: { Origin: origin } });

  test('a preflight of an allowed origin hears methods, headers and for how long', async () => {
    const { status, text, headers } = await preflight(url('/owned'), ORIGIN);

    expect([status, text]).toEqual([204, '']);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')).toBe('GET');
    expect(headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['Authorization', 'X-Sdk-Date', 'X-Apig-AppCode']),
    );
    expect(headers.get('access-control-max-age')).toBe('600');
    expect(headers.get('vary')).toBe('Origin');
  });

  test('a preflight of another origin, or of an API without CORS, hears nothing that allows', async () => {
    const [stranger, closed] = [
      await preflight(url('/owned'), 'https://evil.example.com'),
      await preflight(url('/closed'), ORIGIN),
    ];

    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    expect(closed.status).toBe(404);
  });

  test.each<[string, Ask, number]>([
    ['an answer', () => call(url('/injection/bare?x=A'), from(ORIGIN)), 200],
    ['a refusal of the authorizer', () => call(url('/owned'), from(ORIGIN)), 401],
    ['a refusal of a parameter', () => call(url('/injection/number?x=one'), from(ORIGIN)), 400],
    ['a fault', () => call(url('/othertable'), from(ORIGIN)), 500],
    ['an unknown path', () => call(url('/nowhere'), from(ORIGIN)), 404],
    [
      'a refusal of the gateway itself',
      () => call(url('/note'), { method: 'POST', body: 'x'.repeat(5 * 1024 * 1024), headers: { Origin: ORIGIN } }),
      413,
    ],
  ])('may read %s', async (_, ask, status) => {
    const answer = await ask();

    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('access-control-expose-headers')).toBe('X-Request-Id');
  });

  test('may read that they call too often, where any page may call', async () => {
    const answer = await until(429, () => call(`${file.apis['Trickle']?.url}/drop`, from('https://any.example.com')));

    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('read nothing of an API without CORS, nor from another origin', async () => {
    expect((await call(url('/closed'), from(ORIGIN))).headers.get('access-control-allow-origin')).toBeNull();
    const stranger = await call(url('/injection/bare?x=A'), from('https://evil.example.com'));
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });
});

function url(path: string): string {
  return `${file.apis['Trial']?.url}${path}`;
}

function app(name: string) {
  return file.apps[name] ?? { key: 'missing', secret: 'missing', appCodes: [] };
}

function bearer(token: string) {
  return { Authorization: `Bearer ${token}` };
}

function note(body: string, type: string, query = ''): Promise<Answer> {
  return call(url(`/note${query}`), { method: 'POST', body, headers: { 'Content-Type': type } });
}

/** Signed as the reference's SDK does it, without the header that holds the body's hash: only the function can tell. */
function signedPost(name: string, signed: string, sent = signed): Promise<Answer> {
  const target = url('/signed');
  const headers = signedByReferenceSdk(app(name), {
    ...{ method: 'POST', url: target, headers: { 'Content-Type': JSON_TYPE }, data: { text: signed } },
  });

  return call(target, { method: 'POST', body: JSON.stringify({ text: sent }), headers });
}

function manage(method: string, path: string, body?: object): Promise<Answer> {
  return call(`${file.management.url}${path}`, {
    method,
    headers: { ...bearer(file.management.token), 'Content-Type': JSON_TYPE },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function call(target: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(target, init);
  const text = await response.text();

  return {
    status: response.status,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : {},
    headers: response.headers,
  };
}

/** Calls until the status comes, for what only some calls meet. */
function until(status: number, ask: Ask): Promise<Answer> {
  return eventually(ask, (answer) => answer.status === status, 15_000);
}

/** It is started again, so it is down for a moment only; the next case finds it up. */
async function withoutDatabase(): Promise<Answer> {
  const ask = () => call(url('/closed'));
  const answer = await until(502, () => {
    for (const { pid } of databaseProcesses(platform.pid)) {
      signal(pid, 'SIGKILL');
    }

    return ask();
  });
  await until(200, ask);

  return answer;
}
