import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DataApiError, dataApiClient } from '../../../functions/shared/data-api-client.ts';

interface Signer {
  sign(request: object, options: { signingDate: Date }): Promise<{ headers: Record<string, string> }>;
}

/** The SDK's own signer, at which the client's signature is held. It is no dependency of ours, but of every SDK client. */
const { SignatureV4 } = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-rds-data'))(
  '@smithy/signature-v4',
) as { SignatureV4: new (options: object) => Signer };

let server: Server;
let requests: { path: string; headers: IncomingHttpHeaders; body: string }[];
let answer: { status?: number; headers?: Record<string, string>; body: string };
let environment: Record<string, string>;

beforeEach(async () => {
  requests = [];
  answer = { body: '{}' };
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  environment = {
    AWS_ENDPOINT_URL_RDS_DATA: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
  };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

class Sha256 {
  readonly #hash;

  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

async function signatureOfSdk(
  { path, headers, body }: (typeof requests)[number],
  signingDate: Date,
): Promise<string | undefined> {
  const credentials = {
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    ...(headers['x-amz-security-token'] !== undefined && { sessionToken: String(headers['x-amz-security-token']) }),
  };
  const signer = new SignatureV4({
    service: 'rds-data',
    region: 'eu-west-1',
    sha256: Sha256,
    applyChecksum: false,
    credentials,
  });
  const [hostname, port] = String(headers.host).split(':');
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: { 'content-type': String(headers['content-type']), host: String(headers.host) },
    body,
  };

  return (await signer.sign(request, { signingDate })).headers['authorization'];
}

test('a request is signed as the SDK signs it, whatever it says and whenever', async () => {
  const dates = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });

  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), dates, fc.boolean(), async (sql, date, session) => {
      process.env['AWS_SESSION_TOKEN'] = session ? 'token' : '';
      await dataApiClient(environment, () => date).send('Execute', { sql });
      const request = requests.at(-1) as (typeof requests)[number];

      expect(JSON.parse(request.body)).toEqual({ sql: sql.toWellFormed() });
      expect(request.headers.authorization).toBe(await signatureOfSdk(request, date));
    }),
    { numRuns: 30 },
  );
});

test('an answer is what the API sent', async () => {
  answer = { body: '{"transactionId":"t1"}' };

  expect(await dataApiClient(environment).send('BeginTransaction', {})).toEqual({ transactionId: 't1' });
  expect(requests[0]?.path).toBe('/BeginTransaction');
});

test('the generated keys of a large insert are not read; everything beside them is', async () => {
  const keys = Array.from({ length: 500 }, (_, n) => ({ longValue: n }));
  const text = '"generatedFields":[{"longValue":1}]';
  const rest = { numberOfRecordsUpdated: 500, records: [[{ stringValue: text.repeat(40) }]] };
  for (const generatedFields of [keys, [], undefined]) {
    answer = { body: JSON.stringify({ generatedFields, ...rest }) };
    expect(await dataApiClient(environment).send('Execute', {})).toEqual({
      ...(generatedFields && { generatedFields: [] }),
      ...rest,
    });
  }
});

test.each([
  [
    'in a header, with an address',
    {
      status: 400,
      headers: { 'x-amzn-errortype': 'DatabaseErrorException:http://internal/' },
      body: '{"message":"no such table"}',
    },
    'DatabaseErrorException',
    'no such table',
  ],
  [
    'in the body, with a namespace',
    { status: 400, body: '{"__type":"com.amazonaws#BadRequestException","Message":"bad"}' },
    'BadRequestException',
    'bad',
  ],
  ['not at all, from a proxy', { status: 503, body: '<html>' }, 'ServiceUnavailableError', 'status 503'],
  ['not at all, for a refusal', { status: 403, body: '' }, 'BadRequestException', 'status 403'],
])('a refusal whose name stands %s is thrown by that name', async (_, reply, name, message) => {
  answer = reply;
  const refusal = dataApiClient(environment).send('Execute', {});

  await expect(refusal).rejects.toBeInstanceOf(DataApiError);
  await expect(refusal).rejects.toMatchObject({ name, message });
});

test('a statement that took too long names its connection', async () => {
  answer = {
    status: 400,
    headers: { 'x-amzn-errortype': 'StatementTimeoutException' },
    body: '{"message":"late","dbConnectionId":42}',
  };

  await expect(dataApiClient(environment).send('Execute', {})).rejects.toMatchObject({ dbConnectionId: 42 });
});

test('a server that is not there is a network error with its code', async () => {
  const nobody = { ...environment, AWS_ENDPOINT_URL_RDS_DATA: 'http://127.0.0.1:1' };

  await expect(dataApiClient(nobody).send('Execute', {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('connections are kept', async () => {
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const client = dataApiClient(environment);
  for (let call = 0; call < 5; call += 1) {
    await client.send('Execute', {});
  }

  expect(connections).toBe(1);
});
