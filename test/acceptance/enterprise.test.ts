import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, signedByReferenceSdk, withAppCode } from './caller.ts';
import { type Platform, removeFolder, startPlatform } from './platform.ts';

const REFUSED = {
  error_msg: 'Incorrect authentication information: frontend authorizer',
  error_code: 'APIC.0305',
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
};

let platform: Platform;
let group: string;

beforeAll(async () => {
  platform = await startPlatform({ integration: 'enterprise' });
  group = platform.file.apis['Enterprise']?.url as string;
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
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
