import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { type GuardedLimits, guardedExchange, HttpFailed } from '../../../functions/shared/guarded-exchange.ts';
import { freePort } from '../../conformance/endpoint.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let plain: string;
let secure: string;
let ca: string;

beforeAll(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  ca = cert;
  const handle = (request: IncomingMessage, response: ServerResponse) => answer(request, response);
  plain = `http://127.0.0.1:${await listening(createServer(handle))}`;
  secure = `https://localhost:${await listening(createSecureServer({ cert, key }, handle))}`;
});

beforeEach(() => {
  answer = (_, response) => response.end('ok');
});

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return (server.address() as AddressInfo).port;
}

/** What came of it: the body, or what kind of failure and whether anything was sent. */
async function outcome(url: string, limits: Partial<GuardedLimits> = {}, tls = {}) {
  try {
    const request = { method: 'GET', url: new URL(url), headers: {} };
    const { response, body } = await guardedExchange(request, { timeMs: 5000, maxBytes: 1000, ...limits }, tls);

    return `${response.statusCode} ${body}`;
  } catch (error) {
    return error instanceof HttpFailed ? [error.kind, error.sent] : (error as Error).name;
  }
}

test('an answer is as it is, a redirect too', async () => {
  expect(await outcome(plain)).toBe('200 ok');

  answer = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end('there');
  expect(await outcome(plain)).toBe('302 there');
});

test('what fails is told, and whether the other side may have heard of it', async () => {
  expect(await outcome(`http://127.0.0.1:${await freePort()}`)).toEqual(['unreachable', false]);
  expect(await outcome('http://nowhere.invalid')).toEqual(['no-host', false]);
  expect(await outcome('http://169.254.169.254')).toBe('AddressRefused');

  answer = () => undefined;
  expect(await outcome(plain, { timeMs: 50 })).toEqual(['late', true]);
  answer = (request) => request.socket.destroy();
  expect(await outcome(plain)).toEqual(['unreachable', true]);
  answer = (_, response) => response.end('x'.repeat(1001));
  expect(await outcome(plain)).toEqual(['too-large', true]);
});

test('certificates are verified, against the authority that is given', async () => {
  expect(await outcome(secure)).toEqual(['unreachable', false]);
  expect(await outcome(secure, {}, { ca })).toBe('200 ok');
  expect(await outcome(secure.replace('localhost', '127.0.0.1'), {}, { ca })).toEqual(['unreachable', false]);
});

test('a connection is used again where it may, and one that was closed meanwhile is replaced', async () => {
  sockets.clear();
  await outcome(plain, { keep: true });
  await outcome(plain, { keep: true });
  expect(sockets.size).toBe(1);

  const seen = new Set<Socket>();
  answer = (request, response) => {
    const { socket } = request;
    // The first request on the old connection is cut off, as one is whose end has not arrived yet.
    if (sockets.has(socket) && !seen.has(socket) && seen.size === 0) {
      seen.add(socket);
      socket.resetAndDestroy();
      return;
    }
    response.end('again');
  };
  expect(await outcome(plain, { keep: true })).toBe('200 again');
  expect(sockets.size).toBe(2);

  await outcome(plain);
  await outcome(plain);
  expect(sockets.size).toBe(4);
});
