import { Sha256 } from '@aws-crypto/sha256-js';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AccessKey, Credentials } from '../../../local/engines.ts';
import { addResponse, type Call, type GatewayFixture, startGateway } from './gateway-fixture.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Billing';
let gateway: GatewayFixture;
let billing: Credentials;

beforeEach(async () => {
  gateway = await startGateway();
  gateway.method('POST', '/fees/{id}', { AuthorizationType: 'AWS_IAM' });
  const trust = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '000000000000' } }] };
  gateway.iam.putRole({ name: 'Billing', trust, inline: [], managedPolicyArns: [] });
  billing = gateway.iam.credentials(ROLE, 'monthly');
});

afterEach(async () => {
  jest.useRealTimers();
  await gateway.stop();
});

function permit(resource: string, Effect = 'Allow') {
  const Resource = `arn:aws:execute-api:us-east-1:000000000000:${gateway.ids.api}/${resource}`;
  gateway.iam.putPolicy(`${Effect} ${resource}`, ['Billing'], {
    Statement: [{ Effect, Action: 'execute-api:Invoke', Resource }],
  });
}

interface Signing {
  readonly key?: AccessKey & { readonly sessionToken?: string };
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly body?: string;
  readonly service?: string;
  readonly region?: string;
  readonly at?: Date;
}

/** Headers as the SDK of AWS signs them, which shares no code with the gateway. */
async function signed({ key = billing, path = '/Parking/fees/a%20b', query = {}, body = '{"a":1}', ...how }: Signing) {
  const { service = 'execute-api', region = 'us-east-1', at = new Date() } = how;
  const signer = new SignatureV4({ service, region, credentials: key, sha256: Sha256 });
  const { headers } = await signer.sign(
    {
      ...{ method: 'POST', protocol: 'http:', hostname: '127.0.0.1', path, query, body },
      headers: { host: `127.0.0.1:${gateway.port}`, 'content-type': 'application/json', 'x-note': '  two   spaces ' },
    },
    { signingDate: at },
  );

  return headers;
}

/** Sends what was signed, or something else. */
function send(headers: Record<string, string>, sent: { path?: string; body?: string; method?: string } = {}) {
  const { path = '/Parking/fees/a%20b', body = '{"a":1}', method = 'POST' } = sent;

  return gateway.call(path, { method, headers, body });
}

test('a principal with the right calls, and the function learns who it is but not the signature', async () => {
  permit('RELEASE/POST/fees/*');

  const answer = await send(await signed({}));

  expect(answer.status).toBe(200);
  const { headers, requestContext } = (gateway.calls[0] as Call).event;
  expect(requestContext.identity).toMatchObject({
    accessKey: billing.accessKeyId,
    accountId: '000000000000',
    caller: 'AROABILLING:monthly',
    userArn: 'arn:aws:sts::000000000000:assumed-role/Billing/monthly',
  });
  expect(requestContext.authorizer).toBeUndefined();
  expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain('authorization');
});

test('queries are signed whatever they hold, in whatever order they are sent', async () => {
  permit('RELEASE/POST/fees/*');
  const query = { z: 'a b', a: ['2', '1'], empty: '', 'ü+%': "!*'()~&=" };

  const headers = await signed({ query });
  const sent = "/Parking/fees/a%20b?empty=&%C3%BC%2B%25=!*'()~%26%3D&a=2&a=1&z=a%20b";

  expect((await send(headers, { path: sent })).status).toBe(200);
  expect((await send(headers, { path: sent.replace('a=1', 'a=3') })).status).toBe(403);
  expect((await send(headers, { path: `${sent}&more=1` })).status).toBe(403);
});

test('the key of the administrator needs no session token and no policy', async () => {
  const answer = await send(await signed({ key: gateway.iam.administrator }));

  expect(answer.status).toBe(200);
  expect(gateway.calls[0]?.event.requestContext.identity).toMatchObject({
    userArn: 'arn:aws:iam::000000000000:user/local',
    caller: 'AIDALOCAL',
  });
});

const MINUTE = 60_000;
const WRONG: readonly [string, (now: number) => Signing, string][] = [
  ['a wrong secret', () => ({ key: { ...billing, secretAccessKey: 'guessed' } }), 'does not match the signature you'],
  ['another service', () => ({ service: 's3' }), "scoped to correct service: 'execute-api'"],
  ['another region', () => ({ region: 'eu-west-1' }), 'scoped to a valid region'],
  ['an old date', (now) => ({ at: new Date(now - 5.1 * MINUTE) }), 'Signature expired'],
  ['a date to come', (now) => ({ at: new Date(now + 5.1 * MINUTE) }), 'Signature not yet current'],
  ['an unknown key', () => ({ key: { ...billing, accessKeyId: 'ASIAUNKNOWN' } }), 'security token included in'],
  ['another session token', () => ({ key: { ...billing, sessionToken: 'x' } }), 'security token included in'],
];

test.each(WRONG)('with %s the call is refused as a bad signature', async (_, how, text) => {
  permit('RELEASE/POST/fees/*');
  addResponse(gateway, 'INVALID_SIGNATURE', {
    StatusCode: '401',
    ResponseTemplates: { 'application/json': '{"mine":true,"why":$context.error.messageString}' },
  });

  const answer = await send(await signed(how(Date.now())));

  expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('"mine":true') });
  expect(JSON.parse(answer.body).why).toContain(text);
  expect(gateway.calls).toHaveLength(0);
});

test.each<[string, Parameters<typeof send>[1]]>([
  ['another body', { body: '{"a":2}' }],
  ['no body', { body: '' }],
  ['another path', { path: '/Parking/fees/other' }],
  ['another method', { method: 'PUT' }],
  ['a query that was not signed', { path: '/Parking/fees/a%20b?all=1' }],
])('what was signed and then sent with %s is refused', async (_, sent) => {
  permit('RELEASE/*');
  gateway.method('PUT', '/fees/{id}', { AuthorizationType: 'AWS_IAM' });

  expect((await send(await signed({}), sent)).status).toBe(403);
  expect(gateway.calls).toHaveLength(0);
});

test('a header that was signed cannot be changed, and one that says something to AWS must be signed', async () => {
  permit('RELEASE/POST/fees/*');
  const headers = await signed({});

  expect((await send({ ...headers, 'content-type': 'text/plain' })).status).toBe(403);
  const added = await send({ ...headers, 'x-amz-target': 'something' });
  expect(added).toMatchObject({
    status: 403,
    body: expect.stringContaining("'x-amz-target' must be a 'SignedHeader'"),
  });
  expect((await send({ ...headers, 'x-mine': 'not signed' })).status).toBe(200);
});

test.each([
  [{}, 'Missing Authentication Token', 'MissingAuthenticationTokenException'],
  [{ authorization: 'Bearer abc' }, "Unsupported AWS 'algorithm'", 'InvalidSignatureException'],
  [{ authorization: 'AWS4-HMAC-SHA256 Signature=ab' }, "requires 'Credential' parameter", 'InvalidSignatureException'],
  [
    { authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=ab' },
    'exactly 5 slash-delimited',
    'InvalidSignatureException',
  ],
])('headers %j are no signature', async (headers, text, type) => {
  const answer = await send(headers as Record<string, string>);

  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining(text) });
  expect(answer.headers['x-amzn-errortype']).toBe(type);
});

test.each<[string, () => void, string]>([
  ['without a policy', () => undefined, 'no identity-based policy allows the execute-api:Invoke action'],
  ['with a policy for another method', () => permit('RELEASE/GET/fees/*'), 'no identity-based policy allows'],
  ['with a policy for another stage', () => permit('TEST/POST/fees/*'), 'no identity-based policy allows'],
  [
    'with a deny',
    () => {
      permit('RELEASE/POST/fees/*');
      permit('RELEASE/POST/fees/a*', 'Deny');
    },
    'with an explicit deny',
  ],
])('%s the call is denied, though its signature holds', async (_, given, text) => {
  given();
  const answer = await send(await signed({}));

  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining(text) });
  expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
  expect(gateway.calls).toHaveLength(0);
});

test('a session that is over is refused as such', async () => {
  permit('RELEASE/POST/fees/*');
  const person = {
    roleArn: 'arn:aws:iam::000000000000:user/local',
    sessionArn: 'arn:aws:iam::000000000000:user/local',
  };
  const { credentials } = gateway.iam.assumeAs(person, ROLE, 'short', 900);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'performance'], now: Date.now() });
  expect((await send(await signed({ key: credentials }))).status).toBe(200);

  jest.setSystemTime(Date.now() + 901_000);

  const answer = await send(await signed({ key: credentials }));
  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('expired') });
  expect(answer.headers['x-amzn-errortype']).toBe('ExpiredTokenException');
});
