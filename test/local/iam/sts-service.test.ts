import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { Sha256 } from '@aws-crypto/sha256-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AccessKey } from '../../../local/engines.ts';
import { type EndpointFixture, startEndpoint } from '../aws/endpoint-fixture.ts';

const ACCOUNT = 'arn:aws:iam::000000000000:root';
const arnOf = (role: string) => `arn:aws:iam::000000000000:role/${role}`;
let fixture: EndpointFixture;

beforeEach(async () => {
  fixture = await startEndpoint([]);
});

afterEach(() => fixture.stop());

function role(name: string, ...trust: readonly object[]) {
  const Statement = trust.map((one) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', ...one }));
  fixture.iam.putRole({ name, trust: { Statement }, inline: [], managedPolicyArns: [] });
}

async function ask(key: AccessKey & { sessionToken?: string }, parameters: Record<string, string>) {
  const { host, hostname } = new URL(fixture.endpoint.url);
  const body = new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString();
  const signer = new SignatureV4({ service: 'sts', region: 'us-east-1', credentials: key, sha256: Sha256 });
  const { headers } = await signer.sign({
    ...{ method: 'POST', protocol: 'http:', hostname, path: '/', body },
    headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
  });
  const response = await fetch(`${fixture.endpoint.url}/`, { method: 'POST', headers, body });
  const text = await response.text();
  const of = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

  return { status: response.status, text, of };
}

const assume = (key: AccessKey, name: string, more: Record<string, string> = {}) =>
  ask(key, { Action: 'AssumeRole', RoleArn: arnOf(name), RoleSessionName: 'me', ...more });
const administrator = () => fixture.iam.administrator;

test('the administrator takes a role that trusts the account, and is that role with the answered credentials', async () => {
  role('Billing', { Principal: { AWS: ACCOUNT } });

  const taken = await assume(administrator(), 'Billing');

  expect(taken.status).toBe(200);
  expect(taken.of('Arn')).toBe('arn:aws:sts::000000000000:assumed-role/Billing/me');
  const key = {
    accessKeyId: taken.of('AccessKeyId'),
    secretAccessKey: taken.of('SecretAccessKey'),
    sessionToken: taken.of('SessionToken'),
  };
  const who = await ask(key, { Action: 'GetCallerIdentity' });
  expect([who.of('Arn'), who.of('UserId'), who.of('Account')]).toEqual([
    'arn:aws:sts::000000000000:assumed-role/Billing/me',
    'AROABILLING:me',
    '000000000000',
  ]);
});

test('a role that trusts a service only is not for people', async () => {
  role('Function', { Principal: { Service: 'lambda.amazonaws.com' } });

  const refused = await assume(administrator(), 'Function');

  expect([refused.status, refused.of('Code')]).toEqual([403, 'AccessDenied']);
  expect(refused.of('Message')).toBe(
    `User: arn:aws:iam::000000000000:user/local is not authorized to perform: sts:AssumeRole on resource: ${arnOf('Function')}`,
  );
});

test('who trusts the account leaves it to the policies of the account, who names a principal does not', async () => {
  role('ByAccount', { Principal: { AWS: ACCOUNT } });
  role('ByName', { Principal: { AWS: arnOf('Caller') } });
  const caller = fixture.credentials;

  expect((await assume(caller, 'ByName')).status).toBe(200);
  expect((await assume(caller, 'ByAccount')).of('Code')).toBe('AccessDenied');
  fixture.allow('sts:AssumeRole');
  expect((await assume(caller, 'ByAccount')).status).toBe(200);
});

test('a key without a session token signs requests of HTTP/2 too, where the host is `:authority`', async () => {
  const { host, hostname } = new URL(fixture.endpoint.url);
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const credentials = administrator();
  const signer = new SignatureV4({ service: 'sts', region: 'us-east-1', credentials, sha256: Sha256 });
  const draft = { method: 'POST', protocol: 'http:', hostname, path: '/', body };
  const { headers } = await signer.sign({ ...draft, headers: { ':authority': host } });
  expect(headers['authorization']).toContain('SignedHeaders=:authority;');
  const session = connect(fixture.endpoint.url);

  const stream = session.request({ ':method': 'POST', ':path': '/', ...headers });
  stream.end(body);

  expect(await text(stream)).toContain('<UserId>AIDALOCAL</UserId>');
  session.close();
});

test('a deny of the trust policy wins', async () => {
  role('Guarded', { Principal: { AWS: ACCOUNT } }, { Effect: 'Deny', Principal: { AWS: arnOf('Caller') } });
  fixture.allow('sts:AssumeRole');

  expect((await assume(fixture.credentials, 'Guarded')).of('Code')).toBe('AccessDenied');
});

test('a key without a session token is known by its signature alone', async () => {
  const forged = await ask({ ...administrator(), secretAccessKey: 'guessed' }, { Action: 'GetCallerIdentity' });

  expect([forged.status, forged.of('Code')]).toEqual([403, 'InvalidSignatureException']);
  expect((await ask(administrator(), { Action: 'GetCallerIdentity' })).of('UserId')).toBe('AIDALOCAL');
});

test.each([
  [{ RoleArn: 'Billing' }, 'Billing is invalid'],
  [{ RoleSessionName: 'a b' }, 'RoleSessionName'],
  [{ DurationSeconds: '899' }, 'DurationSeconds: 899 must be from 900 to 3600'],
  [{ DurationSeconds: '3601' }, 'DurationSeconds'],
  [{ Policy: '{}' }, 'the parameter Policy is not served locally'],
])('%j is refused', async (parameters, text) => {
  role('Billing', { Principal: { AWS: ACCOUNT } });
  const refused = await assume(administrator(), 'Billing', parameters as unknown as Record<string, string>);

  expect([refused.status, refused.of('Code')]).toEqual([400, 'ValidationError']);
  expect(refused.of('Message')).toContain(text);
});

test('an operation that is not served is refused by name', async () => {
  const refused = await ask(administrator(), { Action: 'GetFederationToken' });

  expect([refused.status, refused.of('Code'), refused.of('Message')]).toEqual([
    400,
    'InvalidAction',
    'GetFederationToken is not served locally.',
  ]);
});
