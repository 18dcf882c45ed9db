import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { HttpTarget } from '../../../../core/fdi/run-http-target.ts';
import { askTarget } from '../../../../functions/shared/runs/http-outlet.ts';
import { awsEndpoint } from '../aws-endpoint.ts';
import { secretStore } from '../secret-store.ts';

const TARGET: HttpTarget = {
  ...{ kind: 'http', place: 'erp', method: 'POST', path: '/orders', headers: {}, auth: { kind: 'bearer' } },
  ...{ hasBody: true, success: [[200, 299]], timeoutSeconds: 1 },
};
const REQUEST = { method: 'POST', path: '/orders', headers: { 'x-a': '1' }, body: '{"n":"ö"}' } as const;
const aws = awsEndpoint();
const secrets = new Map<string, string>();
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  answer(request, response, Buffer.concat(chunks).toString());
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['TARGET_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  const arn = `target-${Math.random()}`;
  process.env['TARGET_SECRET_ARN'] = arn;
  delete process.env['TARGET_SECRET_KEY'];
  secrets.set(arn, 't0ken');
  secretStore(aws, secrets);
});

test('a request goes below the address, with its login; what comes back is told without it', async () => {
  answer = ({ method, url, headers }, response, body) => {
    response.writeHead(418, { 'Retry-After': '3', Location: '/x?t0ken' });
    response.end(`${method} ${url} ${headers.authorization} ${headers['x-a']} ${body}`);
  };

  expect(await askTarget(TARGET)(REQUEST)).toEqual({
    status: 418,
    headers: { 'retry-after': '3', location: '/x?***' },
    text: 'POST /api/orders Bearer *** 1 {"n":"ö"}',
  });
});

test('a login that is refused is read anew, once', async () => {
  const seen: (string | undefined)[] = [];
  answer = ({ headers }, response) => {
    seen.push(headers.authorization);
    secrets.set(String(process.env['TARGET_SECRET_ARN']), 'rotated');
    response.writeHead(headers.authorization === 'Bearer rotated' ? 200 : 401).end();
  };
  const ask = askTarget(TARGET);

  expect(await ask(REQUEST)).toMatchObject({ status: 200 });
  secrets.set(String(process.env['TARGET_SECRET_ARN']), 'rotated');
  answer = (_request, response) => void response.writeHead(401).end();
  expect(await ask(REQUEST)).toMatchObject({ status: 401 });
  expect(seen).toEqual(['Bearer t0ken', 'Bearer rotated']);
});

test('no answer passes: a reset, one that is late, nobody there', async () => {
  answer = (request) => void request.socket.destroy();
  expect(await askTarget(TARGET)(REQUEST)).toMatchObject({
    kind: 'passing',
    problem: expect.stringContaining('cannot be reached'),
  });
  answer = () => undefined;
  expect(await askTarget(TARGET)(REQUEST)).toMatchObject({
    kind: 'passing',
    problem: expect.stringContaining('within 1000 ms'),
  });
  const url = process.env['TARGET_URL'];
  process.env['TARGET_URL'] = 'http://127.0.0.1:1';
  expect(await askTarget(TARGET)(REQUEST)).toMatchObject({ kind: 'passing' });
  process.env['TARGET_URL'] = url;
});

test('what cannot be sent does not pass: addresses inside of the platform, headers that are none', async () => {
  process.env['CAUSEWAY_LOOPBACK'] = '';
  expect(await askTarget(TARGET)(REQUEST)).toEqual({
    kind: 'lasting',
    problem: '127.0.0.1 may not be reached from here: 127.0.0.1 is this machine itself',
  });
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  expect(await askTarget(TARGET)({ ...REQUEST, headers: { 'x-a': 'b\nc' } })).toMatchObject({
    kind: 'lasting',
    problem: expect.stringContaining('the request cannot be sent: '),
  });
  process.env['TARGET_SECRET_ARN'] = 'of-two-lines';
  secrets.set('of-two-lines', 'two\nlines');
  await expect(askTarget(TARGET)(REQUEST)).rejects.toThrow('secret of the HTTP server: received "9 characters"');
});
