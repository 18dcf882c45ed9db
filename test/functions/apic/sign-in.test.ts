import './task-root.ts';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sign } from '../../../core/apic/signature.ts';
import { handler as authorize } from '../../../functions/apic/authorize-call.ts';
import { handler as explain } from '../../../functions/apic/explain-refusal.ts';
import { handler as verify } from '../../../functions/apic/verify-signature.ts';
import { putApp } from '../../../functions/shared/app-items.ts';
import { apiHandler } from '../../../functions/shared/chain.ts';
import { CREDENTIAL, foreignSign } from '../../core/apic/raw-request.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { secretStore } from '../shared/secret-store.ts';
import { type GatewayRequest, through } from './gateway.ts';
import { DEFINITIONS } from './task-root.ts';

const log = logLines();
const aws = awsEndpoint();
dynamoTables();

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:causeway/app/Parking';
const HOST = 'https://apis.example.com/RELEASE';

/** The secrets, and the functions that are asked, behind one endpoint. */
beforeEach(async () => {
  process.env['SIGNATURE_FUNCTION'] = 'verify-signature';
  process.env['EXPLAIN_FUNCTION'] = 'explain-refusal';
  secretStore(aws, new Map([[SECRET, JSON.stringify({ ...CREDENTIAL, appCodes: [] })]]));
  const secrets = aws.reply;
  aws.reply = async (request) => {
    if (!request.path.includes('/invocations')) {
      return secrets(request);
    }

    return { body: await (request.path.includes('explain') ? explain : verify)(request.body) };
  };
  await putApp({ app: 'Parking', key: CREDENTIAL.key, secretArn: SECRET, enabled: true, codes: [] });
});

const handler = apiHandler(async () => ({ status: 200, body: '{}' }), DEFINITIONS);

async function call(request: GatewayRequest) {
  const { statusCode, body } = await through(authorize, handler, request);

  return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
}

let seconds = 0;

/** Signed by the reference's client, each with a date of its own. */
function foreign(path: string, more: { data?: unknown; signedPath?: string } = {}): GatewayRequest {
  const { data, signedPath = path } = more;
  const method = data === undefined ? 'GET' : 'POST';
  seconds += 1;
  const date = new Date(Date.now() - 1000 * seconds);
  const headers = foreignSign({
    method,
    endpoint: `${HOST}${signedPath}`,
    headers: { 'X-Sdk-Date': `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z` },
    ...(data !== undefined && { data }),
  });

  return { method, target: path, headers, ...(data !== undefined && { body: JSON.stringify(data) }) };
}

describe('a signature that is good for one call', () => {
  test.each([
    ['without a body', () => foreign('/parking/once')],
    ['over a body whose hash was not sent', () => foreign('/parking/once', { data: { a: seconds } })],
    [
      'over a declared hash',
      () => {
        const url = new URL(`${HOST}/parking/once`);
        const body = Buffer.from(`a=${seconds}`);

        return {
          ...{ method: 'POST', target: '/parking/once', body },
          headers: { Host: url.host, ...sign({ method: 'POST', url, body }, CREDENTIAL, new Date()) },
        };
      },
    ],
  ])('%s is refused the second time', async (_, make) => {
    const request = make();

    expect((await call(request)).status).toBe(200);
    expect(await call(request)).toMatchObject({ status: 401, body: { error_code: 'APIC.0303' } });
  });

  test('is not used up by who has another body, or no right signature', async () => {
    const request = foreign('/parking/once', { data: { a: 'mine' } });
    const forged = {
      ...request,
      headers: { ...request.headers, Authorization: `${request.headers?.['Authorization']?.slice(0, -1)}x` },
    };

    expect((await call({ ...request, body: 'other' })).status).toBe(401);
    expect((await call(forged)).status).toBe(401);
    expect((await call(request)).status).toBe(200);
  });

  test('passes again where the API does not say so', async () => {
    const request = foreign('/parking/free');

    expect([(await call(request)).status, (await call(request)).status]).toEqual([200, 200]);
  });

  test('lets nobody pass while the table cannot be asked', async () => {
    process.env['NONCE_TABLE'] = 'gone';
    const answer = await call(foreign('/parking/once'));
    process.env['NONCE_TABLE'] = 'nonces';

    expect(answer).toMatchObject({ status: 500, body: { error_code: 'APIC.0601' } });
  });
});

describe('an API that explains', () => {
  test('adds why to the refusal, after the reference’s fields', async () => {
    const { status, body } = await call(foreign('/parking/explains', { signedPath: '/parking/other' }));

    expect([status, Object.keys(body)]).toEqual([401, ['error_msg', 'error_code', 'request_id', 'explanation']]);
    expect(body['explanation']).toMatchObject({ causes: [{ cause: 'unknown' }] });
    expect(JSON.stringify(body)).not.toContain(CREDENTIAL.secret);
  });

  test('has a refusal over a body explained by hashes of it, not by the body', async () => {
    const request = foreign('/parking/explains', { data: { secretive: 'text' } });
    const { body } = await call({ ...request, body: '{"secretive":"text"}\n' });
    const asked = aws.requests.filter(({ path }) => path.includes('explain'));

    expect(body['explanation']).toMatchObject({ causes: [{ cause: 'body-newline' }] });
    expect(JSON.stringify(asked)).not.toContain('secretive');
  });

  test('refuses all the same when nobody can explain it', async () => {
    delete process.env['EXPLAIN_FUNCTION'];
    const { status, body } = await call(foreign('/parking/explains', { signedPath: '/parking/other' }));

    expect([status, Object.keys(body)]).toEqual([401, ['error_msg', 'error_code', 'request_id']]);
    expect(log.text()).toContain('refusal not explained');
  });

  test('is alone in that: elsewhere nobody is asked', async () => {
    const { body } = await call(foreign('/parking/free', { signedPath: '/parking/other' }));

    expect(Object.keys(body)).toEqual(['error_msg', 'error_code', 'request_id']);
    expect(aws.requests.some(({ path }) => path.includes('explain'))).toBe(false);
  });

  test('is the only one its function explains', async () => {
    const question = {
      request: { method: 'GET', path: '/', query: [], headers: [] },
      body: { sha256: '', others: [] },
    };

    await expect(explain({ ...question, api: 'free' })).rejects.toThrow();
    await expect(explain({ ...question, api: 'nowhere' })).rejects.toThrow();
    expect(await explain({ ...question, api: 'explains' })).toMatchObject({
      explanation: { causes: [{ cause: 'credentials' }] },
    });
  });
});
