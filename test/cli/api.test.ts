import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { readSignature, signatureMatches } from '../../core/apic/signature.ts';
import { type FakePlatform, fakePlatform, refused } from './fake-platform.ts';
import { FREE, SECRETS, SPACE } from './samples.ts';

let platform: FakePlatform;

const ANSWERS = {
  'GET /apis': [200, { items: [FREE, SPACE] }],
  'GET /apps/ParkingOwner/credentials': [200, SECRETS],
  'GET /Parking/parking/free': [200, { default: [{ FreeNo: 3 }] }],
  'GET /Parking/parking/spaces/S-001': [200, { default: [] }],
} as const;

const GUARDED = {
  ...{ ...FREE, name: 'Parking/Guarded', path: '/guarded', auth: 'custom', appCode: false },
  url: 'https://abc.execute-api.us-east-1.amazonaws.com/RELEASE/guarded',
};

afterEach(() => platform.stop());

/** Whether the last request carries a signature that the verifier of the platform accepts. */
function signedRight(): boolean {
  const { method, url, headers, body } = platform.requests.at(-1) as (typeof platform.requests)[number];
  const [path = '', search = ''] = url.split('?');
  const reading = readSignature(
    {
      method,
      path,
      query: [...new URLSearchParams(search)],
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    },
    new Date(),
  );
  if (reading.outcome === 'refused') return false;
  const sha256 = createHash('sha256')
    .update(body === undefined ? '' : JSON.stringify(body))
    .digest('hex');
  const { key, signature, stringsToSign } = reading.presented;

  return key === SECRETS.key && signatureMatches(signature, stringsToSign(sha256), SECRETS.secret);
}

test('list shows method, path and authentication', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('api', 'list');

  expect(stdout).toMatch(/Parking\/Free +GET +\/parking\/free +app \(signature, appCode\)/);
});

test('show gives the local address, the parameters and how to authenticate', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('api', 'show', 'Space');

  expect(stdout).toContain(`${platform.url}/Parking/parking/spaces/{deviceId}`);
  expect(stdout).toMatch(/deviceId +path +string +yes +text of at most 4096 characters +- +the sensor/);
  expect(stdout).toContain('SDK-HMAC-SHA256');
});

test('show of an unknown API names the known ones', async () => {
  platform = await fakePlatform(ANSWERS);
  const { code, stderr } = await platform.run('api', 'show', 'Nothing');

  expect(code).toBe(1);
  expect(stderr).toContain('There are: Parking/Free, Parking/Space.');
});

test('show --code prints code with the values that are given, for how the API is called', async () => {
  platform = await fakePlatform({ ...ANSWERS, 'GET /apis': [200, { items: [FREE, SPACE, GUARDED] }] });
  const show = async (...words: string[]) => (await platform.run('api', 'show', ...words)).stdout;

  expect(await show('Free', '--code', 'curl')).toContain(`curl '${platform.url}/Parking/parking/free'`);
  expect(await show('Free', '--code', 'curl', '--scheme', 'signature')).toContain('openssl');
  expect(await show('Space', '--code', 'js', '-p', 'deviceId=S 1')).toContain('/spaces/S%201?limit=10');
  expect(await show('Guarded', '--code', 'python', '-H', 'x-auth: $TOKEN')).toContain('"x-auth": os.environ["TOKEN"]');
  expect(JSON.parse(await show('Free', '--code', 'curl', '--json'))).toMatchObject({ language: 'curl' });
  expect(await platform.run('api', 'show', 'Space', '--code', 'js', '--scheme', 'basic')).toMatchObject({ code: 2 });
  expect(await platform.run('api', 'show', 'Space', '--code', 'cobol')).toMatchObject({ code: 2 });
});

test.each([
  ['secret', { 'x-hw-id': SECRETS.key, 'x-hw-appkey': SECRETS.secret }],
  ['basic', { authorization: `Basic ${btoa(`${SECRETS.key}:${SECRETS.secret}`)}` }],
  ['apikey', { apikey: SECRETS.key }],
  ['appCode', { 'x-apig-appcode': SECRETS.appCodes[0] }],
  ['jwt', { authorization: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{43}$/), timestamp: expect.any(String) }],
])('call --scheme %s shows that, and nothing else', async (scheme, shown) => {
  platform = await fakePlatform(ANSWERS);
  const { code } = await platform.run('api', 'call', 'Free', '--scheme', scheme);
  const headers = platform.requests.at(-1)?.headers ?? {};

  expect(code).toBe(0);
  expect(headers).toMatchObject(shown);
  const credentials = ['authorization', 'x-apig-appcode', 'x-hw-appkey', 'apikey', 'x-sdk-date'];
  expect(credentials.filter((name) => name in headers)).toEqual(credentials.filter((name) => name in shown));
});

test('call brings no credentials of an app where an authorizer decides, and those of a principal where IAM does', async () => {
  const iam = { ...GUARDED, name: 'Parking/Iam', path: '/iam', auth: 'iam' };
  platform = await fakePlatform({
    'GET /apis': [200, { items: [GUARDED, iam] }],
    'GET /Parking/guarded': [200, 'yes'],
    'GET /Parking/iam': [200, 'yes'],
  });
  await platform.run('api', 'call', 'Guarded', '-H', 'x-auth: s3cret');
  const guarded = platform.requests.at(-1)?.headers;
  await platform.run('api', 'call', 'Iam', '-q', 'a=1');

  expect(guarded).toMatchObject({ 'x-auth': 's3cret' });
  expect(guarded).not.toHaveProperty('authorization');
  expect(platform.requests.at(-1)?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIALOCAL\/\d{8}\/us-east-1\/execute-api\/aws4_request, /,
  );
});

test('call signs as the owner and prints the raw request, the raw response and the time', async () => {
  platform = await fakePlatform(ANSWERS);
  const { code, stdout } = await platform.run('api', 'call', 'Parking/Free');

  expect(code).toBe(0);
  expect(signedRight()).toBe(true);
  expect(stdout).toContain('> GET /Parking/parking/free HTTP/1.1');
  expect(stdout).toMatch(/> Authorization: SDK-HMAC-SHA256 Access=K{20}/);
  expect(stdout).toContain('< HTTP/1.1 200 OK');
  expect(stdout).toContain('{"default":[{"FreeNo":3}]}');
  expect(stdout).toMatch(/\d+\.\d ms\n$/);
});

test('call fills the path, sends query, headers and body, and signs all of it', async () => {
  platform = await fakePlatform(ANSWERS);
  const { code } = await platform.run(
    ...['api', 'call', 'Space', '-p', 'deviceId=S-001', '-q', 'limit=5', '-q', 'note=a b+c&d=ü', '-H', 'X-Note: hello'],
    ...['-d', '{"a":1}'],
  );

  const request = platform.requests.at(-1);
  expect(code).toBe(0);
  expect(request?.headers).toMatchObject({ 'x-note': 'hello', 'content-type': 'application/json' });
  expect([...new URLSearchParams(request?.url.split('?')[1])]).toEqual([
    ['limit', '5'],
    ['note', 'a b+c&d=ü'],
  ]);
  expect(signedRight()).toBe(true);
});

test('call takes a group and a path, as an app that is named, with its AppCode', async () => {
  platform = await fakePlatform({ ...ANSWERS, 'GET /apps/City/credentials': [200, { ...SECRETS, app: 'City' }] });
  const { code } = await platform.run('api', 'call', 'Parking', '/parking/free', '--app', 'City', '--app-code');

  expect(code).toBe(0);
  expect(platform.requests.at(-1)?.headers).toMatchObject({ 'x-apig-appcode': SECRETS.appCodes[0] });
  expect(platform.requests.at(-1)?.headers).not.toHaveProperty('authorization');
});

test('call --no-auth sends no credentials; a refusal is shown whole and exits 1', async () => {
  const body = refused(401, 'APIC.0303', 'Incorrect App authentication information.');
  platform = await fakePlatform({ ...ANSWERS, 'GET /Parking/parking/free': body });
  const { code, stdout } = await platform.run('api', 'call', 'Free', '--no-auth');

  expect(code).toBe(1);
  expect(stdout).toContain('< HTTP/1.1 401 Unauthorized');
  expect(stdout).toContain('APIC.0303');
  expect(platform.requests.map(({ url }) => url)).not.toContain('/apps/ParkingOwner/credentials');
});

test('call --json gives request, response and time to a program', async () => {
  platform = await fakePlatform(ANSWERS);
  const { stdout } = await platform.run('api', 'call', 'Free', '--json');

  expect(JSON.parse(stdout)).toMatchObject({
    request: { method: 'GET', url: `${platform.url}/Parking/parking/free` },
    response: { status: 200, body: '{"default":[{"FreeNo":3}]}' },
    milliseconds: expect.any(Number),
  });
});

test.each([
  [['Space'], 'needs --path deviceId=VALUE'],
  [['Parking', 'parking/free'], 'starts with "/"'],
  [['Parking', '/no/such/path'], 'name an app with --app NAME'],
])('call %j is a usage error', async (words, sentence) => {
  platform = await fakePlatform(ANSWERS);
  const { code, stderr } = await platform.run('api', 'call', ...words);

  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});
