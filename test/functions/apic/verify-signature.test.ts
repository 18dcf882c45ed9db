import './task-root.ts';
import { beforeEach, expect, test } from '@jest/globals';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { formatDate } from '../../../core/apic/signature.ts';
import { handler as authorize } from '../../../functions/apic/authorize-call.ts';
import { handler as verify } from '../../../functions/apic/verify-signature.ts';
import { addCode, addGrant, putApp } from '../../../functions/shared/app-items.ts';
import { apiHandler } from '../../../functions/shared/chain.ts';
import { appTable } from '../../../functions/shared/tables.ts';
import { CREDENTIAL, foreignSign } from '../../core/apic/raw-request.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { secretStore } from '../shared/secret-store.ts';
import { type GatewayRequest, through } from './gateway.ts';

const log = logLines();
const aws = awsEndpoint();
dynamoTables();

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:causeway/app/City';
const CODE_SHA256 = sha256Hex('CityCode');

/** The secrets, and the function that checks signatures, behind one endpoint. */
beforeEach(async () => {
  process.env['SIGNATURE_FUNCTION'] = 'verify-signature';
  secretStore(aws, new Map([[SECRET, JSON.stringify({ ...CREDENTIAL, appCodes: [] })]]));
  const secrets = aws.reply;
  aws.reply = async (request) =>
    request.path.includes('/invocations') ? { body: await verify(request.body) } : secrets(request);
  await putApp({ app: 'City', key: CREDENTIAL.key, secretArn: SECRET, enabled: true, codes: [CODE_SHA256] });
  await addCode(CODE_SHA256, { app: 'City', key: CREDENTIAL.key });
  await addGrant({ group: 'Parking', api: 'report', stage: 'RELEASE' }, 'City');
  await addGrant({ group: 'Parking', api: 'free', stage: 'RELEASE' }, 'City');
});

const handler = apiHandler(async ({ body }) => ({ status: 200, body: Buffer.from(body).toString('utf8') }));

/** As the reference's own client sends it: the hash of the body is signed and not sent along. */
function foreignPost(data: unknown): GatewayRequest {
  const headers = foreignSign({
    method: 'POST',
    endpoint: 'https://apis.example.com/RELEASE/parking/report',
    headers: { 'X-Sdk-Date': formatDate(new Date()) },
    data,
  });

  return { method: 'POST', target: '/parking/report', headers, body: JSON.stringify(data) };
}

test('a body the reference client signed passes through all of it', async () => {
  const answer = await through(authorize, handler, foreignPost({ text: 'é' }));

  expect([answer.statusCode, answer.body]).toEqual([200, '{"text":"é"}']);
});

test.each([
  ['body', (request: GatewayRequest) => ({ ...request, body: '{"text":"x"}' })],
  [
    'query',
    (request: GatewayRequest) => ({ ...request, target: `${request.target}?a=1`, resource: '/parking/report' }),
  ],
  [
    'key',
    (request: GatewayRequest) => ({
      ...request,
      headers: { ...request.headers, Authorization: 'SDK-HMAC-SHA256 Access=other' },
    }),
  ],
])('with another %s it is refused', async (_, tamper) => {
  const answer = await through(authorize, handler, tamper(foreignPost({ text: 'é' })));

  expect([answer.statusCode, JSON.parse(answer.body).error_code]).toEqual([401, 'APIC.0303']);
});

test('an AppCode passes by the same tables, and another does not', async () => {
  const withCode = (code: string) => ({ target: '/parking/free', headers: { 'X-Apig-AppCode': code } });

  expect((await through(authorize, handler, withCode('CityCode'))).statusCode).toBe(200);
  expect((await through(authorize, handler, withCode('citycode'))).statusCode).toBe(401);
});

test('an app without a grant is refused once its signature over the body is verified', async () => {
  await appTable().delete({ pk: 'grant#Parking/report', sk: 'RELEASE#City' });
  const answer = await through(authorize, handler, foreignPost({ text: 'é' }));

  expect([answer.statusCode, JSON.parse(answer.body).error_code]).toEqual([403, 'APIC.0304']);
  expect(aws.requests.some(({ path }) => path.includes('/invocations'))).toBe(true);
});

test('unknown keys and disabled apps have no valid signature', async () => {
  const question = { key: CREDENTIAL.key, signature: '0'.repeat(64), stringsToSign: ['x'] };
  await putApp({ app: 'City', key: CREDENTIAL.key, secretArn: SECRET, enabled: false, codes: [] });

  expect(await verify(question)).toEqual({ valid: false });
  expect(await verify({ ...question, key: 'nobody' })).toEqual({ valid: false });
});

test('no log line holds the secret', async () => {
  await through(authorize, handler, foreignPost({ text: 'é' }));
  await through(authorize, handler, { ...foreignPost({ text: 'é' }), body: 'x' });

  expect(log.all().length).toBeGreaterThan(1);
  expect(log.text()).not.toContain(CREDENTIAL.secret);
});
