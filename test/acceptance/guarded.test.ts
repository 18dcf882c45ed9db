import { Sha256 } from '@aws-crypto/sha256-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { assumeRole } from './assume-role.ts';
import { causeway, type LocalFile, type Platform, removeFolder, startPlatform } from './platform.ts';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const UNAUTHENTICATED = { status: 401, body: expect.objectContaining({ error_code: 'APIC.0301' }) };
const DENIED = { status: 403, body: expect.objectContaining({ error_code: 'APIC.0302' }) };

let platform: Platform;
let file: LocalFile;
let group: string;
let billing: Key;
let stranger: Key;

beforeAll(async () => {
  platform = await startPlatform({ integration: `${import.meta.dirname}/guarded/index.ts` });
  file = platform.file;
  group = file.apis['Guarded']?.url as string;
  [billing, stranger] = await Promise.all([assumeRole(file, 'Billing'), assumeRole(file, 'Stranger')]);
}, 240_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

interface Call {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Headers as the SDK of AWS signs them. */
async function signed(key: Key, url: string, { method = 'GET', query = {}, body }: Call = {}, at = new Date()) {
  const { hostname, host, pathname: path } = new URL(url);
  const service = url.startsWith(file.aws.endpoint) ? 'sts' : 'execute-api';
  const signer = new SignatureV4({ service, region: file.aws.region, credentials: key, sha256: Sha256 });
  const sent = body === undefined ? {} : { body };
  const type = service === 'sts' ? 'application/x-www-form-urlencoded' : 'application/json';
  const { headers } = await signer.sign(
    {
      ...{ method, protocol: 'http:', hostname, path, query: { ...query }, ...sent },
      headers: { host, 'content-type': type },
    },
    { signingDate: at },
  );
  const { host: _, ...others } = headers;

  return others;
}

async function send(headers: Record<string, string>, url: string, { method = 'GET', query = {}, body }: Call = {}) {
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
  const sent = body === undefined ? {} : { body };
  const response = await fetch(search === '' ? url : `${url}?${search}`, { method, headers, ...sent });

  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const as = async (key: Key, url: string, call: Call = {}) => send(await signed(key, url, call), url, call);
const fees = () => `${group}/fees/a%20b`;

test('a role with the right calls by its temporary key, and the statement knows who it is', async () => {
  const query = { note: "a b+c/ü&'" };

  expect(await as(billing, fees(), { query })).toEqual({
    status: 200,
    body: {
      default: [
        {
          Id: 'a b',
          Note: query.note,
          Caller: 'arn:aws:sts::000000000000:assumed-role/Billing/me',
          Account: '000000000000',
        },
      ],
    },
  });
});

test('the key of an administrator, without a session token, calls as well', async () => {
  const { status, body } = await as(file.aws, fees());

  expect([status, body]).toMatchObject([200, { default: [{ Caller: 'arn:aws:iam::000000000000:user/local' }] }]);
});

test('a script learns who calls and gets no signature', async () => {
  const { status, body } = await as(billing, `${group}/scripts/whoami`, { method: 'POST', body: '{"a":1}' });

  expect([status, body]).toMatchObject([
    200,
    { authorizer: { userArn: 'arn:aws:sts::000000000000:assumed-role/Billing/me', accountId: '000000000000' } },
  ]);
  expect(body['headers']).not.toHaveProperty('authorization');
});

test.each<[string, () => Promise<unknown>, object]>([
  ['nothing at all', () => send({}, fees()), UNAUTHENTICATED],
  ['the token of the management API', () => send({ authorization: bearer() }, fees()), UNAUTHENTICATED],
  ['a wrong secret', () => as({ ...billing, secretAccessKey: 'guessed' }, fees()), UNAUTHENTICATED],
  ['a key without its session token', () => as(longTerm(billing), fees()), UNAUTHENTICATED],
  ['the session token of another', () => as(mixed(), fees()), UNAUTHENTICATED],
  ['an old signature', () => signedAt(-6), UNAUTHENTICATED],
  ['a signature to come', () => signedAt(6), UNAUTHENTICATED],
  ['another query than was signed', () => swapped({ query: { note: 'a' } }, { query: { note: 'b' } }), UNAUTHENTICATED],
  ['a query that was not signed', () => swapped({}, { query: { note: 'b' } }), UNAUTHENTICATED],
  ['another body than was signed', () => swapped(post('{"a":1}'), post('{"a":2}')), UNAUTHENTICATED],
  ['another method than was signed', () => swapped(post('{}'), { ...post('{}'), method: 'PUT' }), UNAUTHENTICATED],
  ['another path than was signed', () => swappedPath(), UNAUTHENTICATED],
  ['a role without the right', () => as(stranger, fees()), DENIED],
])('%s is refused', async (_, call, refusal) => {
  expect(await call()).toEqual(refusal);
});

const bearer = () => `Bearer ${file.management.token}`;
const longTerm = ({ accessKeyId, secretAccessKey }: Key): Key => ({ accessKeyId, secretAccessKey });
const mixed = (): Key => ({ ...billing, sessionToken: stranger.sessionToken as string });
const post = (body: string): Call => ({ method: 'POST', body });
const signedAt = async (minutes: number) =>
  send(await signed(billing, fees(), {}, new Date(Date.now() + minutes * 60_000)), fees());
const swapped = async (call: Call, sent: Call) => send(await signed(billing, fees(), call), fees(), sent);
const swappedPath = async () => send(await signed(billing, fees()), `${group}/fees/other`);

test('the same call, sent as it was signed, passes', async () => {
  expect(await swapped(post('{"a":1}'), post('{"a":1}'))).toMatchObject({ status: 200 });
});

test('the command line calls it with credentials of AWS', async () => {
  const call = ['api', 'call', 'Guarded/Fee', '--path', 'id=7', '--state', platform.state, '--json'];
  const { code, stdout } = await causeway(...call);
  const refused = await causeway(...call, '--no-auth');

  expect(JSON.parse(JSON.parse(stdout).response.body)).toMatchObject({ default: [{ Id: '7' }] });
  expect([code, refused.code]).toEqual([0, 1]);
  expect(JSON.parse(JSON.parse(refused.stdout).response.body)).toMatchObject({ error_code: 'APIC.0301' });
}, 60_000);

test('the management API takes a signature too', async () => {
  const apps = `${file.management.url}/apps`;

  expect((await as(file.aws, apps)).status).toBe(200);
  expect(await as(stranger, apps)).toEqual(DENIED);
});

test('what a custom authorizer says of a caller is a parameter that the caller cannot set', async () => {
  const headers = { 'x-tenant': 'mine', tenant: 'other' };

  expect(await send(headers, `${group}/mine`, { query: { tenant: 'other', quota: '99' } })).toEqual({
    status: 200,
    body: {
      default: [
        { Id: 1, Quota: 3 },
        { Id: 3, Quota: 3 },
      ],
    },
  });
  const denied = await send({}, `${group}/mine`);
  expect(denied).toMatchObject({ status: 401, body: { error_code: 'APIC.0305' } });
  expect(JSON.stringify(denied)).not.toContain('not for callers');
});

test('a backend is called with what its own authorizer says, or not at all', async () => {
  const headers = { 'x-tenant': 'mine' };

  expect(await send(headers, `${group}/orders`, { query: { token: 'own' } })).toEqual({
    status: 200,
    body: { default: [{ Token: 'for-warehouse-0' }] },
  });
  expect(await send(headers, `${group}/closed`)).toMatchObject({
    status: 401,
    body: { error_code: 'APIC.0305', error_msg: 'Incorrect authentication information: backend authorizer' },
  });
  expect(await send({}, `${group}/orders`)).toMatchObject({
    body: { error_msg: 'Incorrect authentication information: frontend authorizer' },
  });
});

test('a backend is tried out with a context of one’s own', async () => {
  const command = ['backend', 'test', 'Guarded/Mine', '-p', 'tenant=other', '--state', platform.state, '--json'];
  const { stdout } = await causeway(...command);

  expect(JSON.parse(JSON.parse(stdout).answer.body)).toEqual({ default: [{ Id: 2, Quota: null }] });
}, 60_000);
