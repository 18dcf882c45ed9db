import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Platform, removeFolder, startPlatform } from './platform.ts';
import { CACHE } from './remembered/index.ts';

const REFUSED = {
  error_msg: 'Incorrect authentication information: frontend authorizer',
  error_code: 'APIC.0305',
  request_id: expect.stringMatching(/^[0-9a-f-]{32,36}$/),
};

let platform: Platform;
let group: URL;

beforeAll(async () => {
  platform = await startPlatform({ integration: join(import.meta.dirname, 'remembered/index.ts') });
  group = new URL(platform.file.apis['Guarded']?.url as string);
}, 240_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

interface Seen {
  readonly User: string;
  readonly Tenant: string;
  readonly Decision: string;
}

interface Answer {
  readonly status: number;
  readonly body: { readonly default?: readonly Seen[] };
}

/** node:http in place of fetch: headers are sent as they are written here, also twice. */
function send(path: string, headers: readonly (readonly [string, string])[], method = 'GET'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const raw = [['Host', group.host], ...headers].flat() as string[];
  const options = { host: group.hostname, port: group.port, path: `${group.pathname}${path}`, method, headers: raw };
  request(options, async (response) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
  })
    .on('error', reject)
    .end();

  return promise;
}

const callAs = (user: string, tenant: string, path = '/a', method = 'GET') =>
  send(`${path}?tenant=${encodeURIComponent(tenant)}`, [['X-User', user]], method);
const seen = ({ body }: Answer) => body.default?.[0];

test('a decision is repeated for its identity, and only there', async () => {
  const first = seen(await callAs('a', 'bc'));

  expect(first).toMatchObject({ User: 'a', Tenant: 'bc' });
  expect(seen(await callAs('a', 'bc'))).toEqual(first);
  for (const [user, tenant] of [
    ['ab', 'c'],
    ['a', 'b'],
    ['bc', 'a'],
    ['a,bc', 'x'],
    ['a', 'bc,x'],
    ['A', 'bc'],
    ['a', 'bc '],
  ] as const) {
    expect(seen(await callAs(user, tenant))).toMatchObject({ User: user, Tenant: tenant });
  }
});

test('what is decided for a path or a method is decided anew for every other', async () => {
  const decisions = [
    seen(await callAs('me', 't', '/a')),
    seen(await callAs('me', 't', '/b')),
    seen(await callAs('me', 't', '/a', 'POST')),
    seen(await callAs('me', 't', '/items/1')),
    seen(await callAs('me', 't', '/items/2')),
  ].map((one) => one?.Decision);

  expect(new Set(decisions).size).toBe(5);
  expect(decisions).not.toContain(undefined);
});

test('callers at the same time, slow ones among them, each get what is theirs', async () => {
  const callers = Array.from({ length: 60 }, (_, n) => ({
    user: `${['', 'late-', 'no-'][n % 3]}${n % 20}`,
    tenant: `t${n % 7}`,
    path: ['/a', '/b', `/items/${n % 4}`][n % 3] as string,
  }));
  const answers = await Promise.all(
    [...callers, ...callers.toReversed()].map(async (caller) => ({
      caller,
      answer: await callAs(caller.user, caller.tenant, caller.path),
    })),
  );

  for (const { caller, answer } of answers) {
    const denied = caller.user.startsWith('no-');
    expect([caller, answer.status]).toEqual([caller, denied ? 401 : 200]);
    expect(denied ? answer.body : seen(answer)).toMatchObject(
      denied ? REFUSED : { User: caller.user, Tenant: caller.tenant },
    );
  }
});

test('who does not say who it is, or says it twice, is refused, also where one of the values is known', async () => {
  const known = await callAs('me', 'twice');
  expect(known.status).toBe(200);
  const refused = await Promise.all([
    send('/a?tenant=twice', []),
    send('/a', [['X-User', 'me']]),
    send('/a?tenant=twice', [['X-User', '']]),
    send('/a?tenant=', [['X-User', 'me']]),
    send('/a?X-User=me&tenant=twice', []),
    send('/a', [
      ['X-User', 'me'],
      ['tenant', 'twice'],
    ]),
    send('/a?TENANT=twice', [['X-User', 'me']]),
    send('/a?tenant=other&tenant=twice', [['X-User', 'me']]),
    send('/a?tenant=twice', [
      ['X-User', 'other'],
      ['x-user', 'me'],
    ]),
  ]);

  expect(refused.map(({ status, body }) => ({ status, body }))).toEqual(
    refused.map(() => ({ status: 401, body: REFUSED })),
  );
  // And none of them is remembered in place of what was decided.
  expect(seen(await send('/a?tenant=twice', [['x-USER', 'me']]))).toEqual(seen(known));
});

test('nobody is kept out by what another caller did wrong under the same name', async () => {
  const twice = [
    ['X-User', 'other'],
    ['X-User', 'fresh'],
  ] as const;
  expect((await send('/a?tenant=fresh', twice)).status).toBe(401);

  expect(await callAs('fresh', 'fresh')).toMatchObject({ status: 200 });
});

test('a script that fails is asked again at the next call; who was denied is denied at once', async () => {
  const failures = () => platform.logs().split('call not judged').length - 1;
  const denials = () => platform.logs().split('the custom authorizer denies').length - 1;
  const [failed, denied] = [failures(), denials()];

  for (const user of ['broken', 'broken', 'nobody', 'nobody']) {
    expect(await callAs(user, 'faults')).toMatchObject({ status: 401, body: REFUSED });
  }
  expect([failures() - failed, denials() - denied]).toEqual([2, 1]);
});

test('a decision ends with its time', async () => {
  const first = seen(await callAs('me', 'expiry'));
  await sleep(CACHE * 1000);
  const second = seen(await callAs('me', 'expiry'));

  expect(second).toMatchObject({ User: 'me', Tenant: 'expiry' });
  expect(second?.Decision).not.toBe(first?.Decision);
});
