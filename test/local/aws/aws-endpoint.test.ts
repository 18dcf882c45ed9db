import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AwsService } from '../../../local/aws/service.ts';
import { AwsError } from '../../../local/errors.ts';
import { type EndpointFixture, startEndpoint } from './endpoint-fixture.ts';

/** Answers what it was asked; fails when told to. */
const echo: AwsService = {
  signingName: 'echo',
  needs: ({ operation = 'Rest' }) => [{ action: `echo:${operation}`, resource: 'arn:aws:echo:::thing' }],
  async handle({ method, path, query, operation, body }, caller) {
    if (operation === 'Fail') throw new AwsError('LimitExceededException', 'too much', 400, { Limit: 3 });
    if (operation === 'Bug') throw new TypeError('private detail');

    return {
      status: 200,
      body: JSON.stringify({
        method,
        path,
        q: query.get('q'),
        operation,
        bytes: body.length,
        caller: caller.sessionArn,
      }),
    };
  },
};

let aws: EndpointFixture;

beforeEach(async () => {
  aws = await startEndpoint([echo]);
  aws.allow('echo:*');
});

afterEach(() => aws.stop());

interface CallOptions {
  readonly service?: string;
  readonly operation?: string;
  readonly path?: string;
  readonly body?: string;
  readonly token?: string;
}

function headersOf({ service = 'echo', operation = 'Say', token = aws.credentials.sessionToken }: CallOptions) {
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${aws.credentials.accessKeyId}/20261124/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    'x-amz-security-token': token,
    ...(operation === '' ? {} : { 'x-amz-target': `Echo_20261124.${operation}` }),
  };
}

async function call(options: CallOptions = {}) {
  const response = await fetch(`${aws.endpoint.url}${options.path ?? '/'}`, {
    method: 'POST',
    headers: headersOf(options),
    body: options.body ?? '',
  });

  return {
    status: response.status,
    error: response.headers.get('x-amzn-errortype'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** What `curl --http2-prior-knowledge` does, and the SDK's Kinesis client. */
function callHttp2(body: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Record<string, unknown> }>();
  const session = connectHttp2(aws.endpoint.url);
  session.on('error', reject);
  const request = session.request({ ':method': 'POST', ':path': '/', ...headersOf({}) });
  let status = 0;
  let text = '';
  request.on('response', (headers) => {
    status = Number(headers[':status']);
  });
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    session.close();
    resolve({ status, body: JSON.parse(text) });
  });
  request.end(body);

  return promise;
}

function rawRequest(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(aws.endpoint.url).port), '127.0.0.1', () => socket.write(text));
  socket.once('data', (data) => {
    socket.destroy();
    resolve(data.toString());
  });

  return promise;
}

test('a request reaches the service of its credential scope, with the caller found by its session', async () => {
  expect(await call({ path: '/a%2Fb?q=1', body: 'four' })).toMatchObject({
    status: 200,
    body: {
      method: 'POST',
      path: '/a%2Fb',
      q: '1',
      operation: 'Say',
      bytes: 4,
      caller: 'arn:aws:sts::000000000000:assumed-role/Caller/caller',
    },
  });
});

test('cleartext HTTP/2 is spoken on the same port, with large bodies too', async () => {
  const answer = await callHttp2('x'.repeat(3_000_000));

  expect(answer).toMatchObject({ status: 200, body: { operation: 'Say', bytes: 3_000_000 } });
});

test('what the role may not do is refused before the service sees it: 400 in JSON, 403 in REST', async () => {
  aws.allow('echo:Other');

  const denied =
    'User: arn:aws:sts::000000000000:assumed-role/Caller/caller is not authorized to perform: echo:Say on resource: arn:aws:echo:::thing because no identity-based policy allows the echo:Say action';
  expect(await call()).toEqual({
    status: 400,
    error: 'AccessDeniedException',
    body: { __type: 'AccessDeniedException', message: denied },
  });
  expect((await call({ operation: '' })).status).toBe(403);
});

test('an error of the service carries its code, message and members', async () => {
  expect(await call({ operation: 'Fail' })).toEqual({
    status: 400,
    error: 'LimitExceededException',
    body: { __type: 'LimitExceededException', message: 'too much', Limit: 3 },
  });
});

test('a bug tells the caller nothing but where to look', async () => {
  const { status, body } = await call({ operation: 'Bug' });

  expect(status).toBe(500);
  expect(body).toEqual({ __type: 'InternalFailure', message: 'The local platform failed; see logs/aws.log' });
});

test('an unknown service is refused with those there are', async () => {
  expect((await call({ service: 'sqs' })).body).toEqual({
    __type: 'UnknownService',
    message: 'The local platform has no AWS service "sqs"; it has: echo, sts',
  });
});

test.each<[string, CallOptions, string]>([
  ['a wrong session token', { token: 'wrong' }, 'UnrecognizedClientException'],
  ['no session token', { token: '' }, 'UnrecognizedClientException'],
])('%s is refused', async (_, options, code) => {
  expect((await call(options)).error).toBe(code);
});

test('a request without a signature is refused', async () => {
  const response = await fetch(aws.endpoint.url, { method: 'POST' });

  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
    403,
    'MissingAuthenticationTokenException',
  ]);
});

test('a name that a web page could have pointed here is refused', async () => {
  expect(await rawRequest('GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toContain('ForbiddenHost');
});

test('a body beyond what any AWS API takes is refused', async () => {
  expect((await call({ body: 'x'.repeat(17 * 1024 * 1024) })).error).toBe('RequestEntityTooLargeException');
});

test('an answer to CloudFormation is taken once, by who knows its address', async () => {
  const { url, answer } = aws.endpoint.expectAnswer();
  const put = (address: string, body = '{"Status":"SUCCESS"}') => fetch(address, { method: 'PUT', body });

  expect((await put(`${aws.endpoint.url}/_cloudformation/guess`)).status).toBe(403);
  expect((await put(url, 'x'.repeat(5000))).status).toBe(400);
  expect((await put(url)).status).toBe(200);
  expect(await answer).toEqual({ Status: 'SUCCESS' });
  expect((await put(url)).status).toBe(403);
});
