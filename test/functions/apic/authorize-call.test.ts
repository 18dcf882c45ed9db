import './task-root.ts';
import { expect, test } from '@jest/globals';
import type { Authorities } from '../../../core/apic/authorize-call.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { sign } from '../../../core/apic/signature.ts';
import { callAuthorizer } from '../../../functions/apic/authorize-call.ts';
import { logLines } from '../shared/log-lines.ts';
import { authorizerEvent } from './gateway.ts';
import { DEFINITIONS } from './task-root.ts';

const log = logLines();
const CREDENTIAL = { key: 'citykey0000000000000', secret: 'citysecret' };
const CODE = 'CityCode';

const AUTHORITIES: Authorities = {
  app: async (key) => (key === CREDENTIAL.key ? { app: 'City', secretArn: 'arn', enabled: true } : undefined),
  keyOfCode: async (hash) => (hash === sha256Hex(CODE) ? CREDENTIAL.key : undefined),
  isGranted: async (api) => api === 'free',
  knowsSecret: async () => true,
  firstUse: async () => true,
};

function authorize(request: Parameters<typeof authorizerEvent>[0], authorities: Partial<Authorities> = {}) {
  return callAuthorizer(DEFINITIONS.apis, { ...AUTHORITIES, ...authorities })(authorizerEvent(request));
}

const WITH_CODE = { 'X-Apig-AppCode': CODE };

test('an allowed call gets a policy for exactly its method and path, and a verdict of texts', async () => {
  const result = await authorize({ target: '/parking/free', headers: WITH_CODE });

  expect(result).toEqual({
    principalId: 'City',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'execute-api:Invoke',
          Resource: 'arn:aws:execute-api:us-east-1:000000000000:api/RELEASE/GET/parking/free',
        },
      ],
    },
    context: {
      verdict: 'allow',
      status: '200',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      api: 'free',
      app: 'City',
      bodySha256: '',
    },
  });
  expect(log.all()).toEqual([]);
});

test('a denied call is allowed through with the denial in its context; the reason is in the log only', async () => {
  const { policyDocument, context } = await authorize({ target: '/parking/free' });

  expect(policyDocument.Statement).toMatchObject([{ Effect: 'Allow' }]);
  expect(context).toMatchObject({
    verdict: 'deny',
    status: '401',
    code: 'APIC.0303',
    message: 'Incorrect App authentication information.',
  });
  expect(log.all()).toMatchObject([
    {
      level: 'WARN',
      requestId: context?.['requestId'],
      api: 'free',
      reason: expect.stringContaining('no credentials'),
    },
  ]);
  expect(JSON.stringify(context)).not.toContain('no credentials');
});

test('a grant counts for its API only', async () => {
  const request = { target: '/parking/spaces/S-1', resource: '/parking/spaces/{deviceId}', headers: WITH_CODE };

  expect((await authorize(request)).context).toMatchObject({
    verdict: 'deny',
    status: '403',
    code: 'APIC.0304',
    app: 'City',
  });
});

test('the API is found by the gateway’s resource, and by ANY where the method has none of its own', async () => {
  const any = await authorize({ method: 'PUT', target: '/parking/open' });

  expect(any.context).toMatchObject({ verdict: 'allow', api: 'open', app: '' });
  expect(any.principalId).toBe('anyone');
});

test('the signature is checked over stage and path, as the caller signed them', async () => {
  const url = new URL('https://api.execute-api.us-east-1.amazonaws.com/RELEASE/parking/free?zone=A%201');
  const signed = sign({ method: 'GET', url }, CREDENTIAL, new Date());
  const request = { target: '/parking/free?zone=A%201', headers: { Host: url.host, ...signed } };

  const { context } = await authorize(request, {
    knowsSecret: async (_app, proof) => proof(CREDENTIAL.secret),
  });

  expect(context).toMatchObject({ verdict: 'allow', bodySha256: sha256Hex('') });
});

test('whatever fails, the call is answered 500 by the chain and the log says why', async () => {
  const failing = { keyOfCode: async () => Promise.reject(new TypeError('no table')) };
  const { context, policyDocument } = await authorize({ target: '/parking/free', headers: WITH_CODE }, failing);

  expect(policyDocument.Statement).toMatchObject([{ Effect: 'Allow' }]);
  expect(context).toMatchObject({
    verdict: 'deny',
    status: '500',
    code: 'APIC.0601',
    message: 'Internal server error.',
  });
  expect(log.all()).toMatchObject([
    { level: 'ERROR', requestId: context?.['requestId'], error: { message: 'no table' } },
  ]);
});

test('a route that no definition knows is a fault of ours, not a way in', async () => {
  expect((await authorize({ target: '/parking/other', headers: WITH_CODE })).context).toMatchObject({
    verdict: 'deny',
    code: 'APIC.0601',
  });
});

test('no log line holds an AppCode or a signature', async () => {
  await authorize({ target: '/parking/spaces/S-1', resource: '/parking/spaces/{deviceId}', headers: WITH_CODE });
  await authorize({ target: '/parking/free', headers: { 'X-Apig-AppCode': 'WrongCode' } });

  expect(log.all()).toHaveLength(2);
  expect(log.text()).not.toContain(CODE);
  expect(log.text()).not.toContain('WrongCode');
});
