import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { httpExchange, InvalidHeader } from '../../../functions/shared/http-exchange.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server): Promise<URL> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=%20b`);
}

/** A server that says what it was asked, and over which connection. */
function echo(answer?: RequestListener): Promise<URL> {
  const connections: Socket[] = [];
  const server = createHttpServer(async (request, response) => {
    if (!connections.includes(request.socket)) connections.push(request.socket);
    if (answer !== undefined) return answer(request, response);
    const body = (await request.toArray()).join('');
    response.setHeader('X-Connection', connections.indexOf(request.socket));
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });

  return listen(server);
}

function ask(url: URL, question: Partial<Parameters<typeof httpExchange>[1]> = {}) {
  return httpExchange(url, { method: 'POST', headers: { host: url.host }, body: '', milliseconds: 5000, ...question });
}

test('method, path, headers and the bytes of the body arrive', async () => {
  const url = await echo();
  const { status, bytes } = await ask(url, { body: '{"é":1}', headers: { host: url.host, 'x-a': 'b c' } });

  expect(status).toBe(200);
  expect(JSON.parse(bytes.toString())).toEqual({
    method: 'POST',
    url: '/path?a=%20b',
    headers: { host: url.host, 'x-a': 'b c', 'content-length': '8' },
    body: '{"é":1}',
  });
});

test('a GET has no body, an empty POST says so', async () => {
  const url = await echo();
  const lengths = ['GET', 'POST'].map(async (method) => {
    const { headers } = JSON.parse((await ask(url, { method })).bytes.toString());

    return headers['content-length'];
  });

  expect(await Promise.all(lengths)).toEqual([undefined, '0']);
});

test('a connection is used again, by one exchange at a time', async () => {
  const url = await echo();
  const one = async () => (await ask(url)).headers['x-connection'];

  expect([await one(), await one()]).toEqual(['0', '0']);
  expect((await Promise.all([one(), one(), one()])).sort()).toEqual(['0', '1', '2']);
});

test('answers of any size arrive whole, in chunks too', async () => {
  const text = 'abc'.repeat(500_000);
  const url = await echo((_, response) => {
    for (let at = 0; at < text.length; at += 100_000) response.write(text.slice(at, at + 100_000));
    response.end();
  });

  expect((await ask(url)).bytes.toString() === text).toBe(true);
});

test('a connection that the server is about to end is not used again', async () => {
  const url = await echo((_, response) => {
    response.writeHead(200, { 'Keep-Alive': 'timeout=1', 'X-Port': String(response.socket?.remotePort) }).end();
  });
  const ports = [(await ask(url)).headers['x-port'], (await ask(url)).headers['x-port']];

  expect(new Set(ports).size).toBe(2);
});

test('a connection that was lost while nobody asked is not used again', async () => {
  const url = await echo((_, response) => {
    response.end('x', () => setImmediate(() => response.socket?.destroy()));
  });
  await ask(url);
  await new Promise((resolve) => setTimeout(resolve, 20));

  expect((await ask(url)).status).toBe(200);
});

test('an answer that does not come in time is given up, and its connection with it', async () => {
  const url = await echo(() => undefined);

  await expect(ask(url, { milliseconds: 30 })).rejects.toMatchObject({
    name: 'TimeoutError',
    message: 'no answer in 30 ms',
  });
});

test('an answer that is cut off is an error with the code of Node’s own client', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'));
  });

  await expect(ask(await listen(server))).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('nobody listening is an error of the connection', async () => {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));

  await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('bytes that answer nothing end the connection', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"stray"'), 10);
    });
  });
  const url = await listen(server);
  await ask(url);
  await ended;

  expect((await ask(url)).bytes).toHaveLength(0);
});

test.each([
  ['x-a', 'b\r\nx-b: c'],
  ['x-a', 'b\nc'],
  ['x-a', '中'],
  ['x-a: 1\r\nx-b', 'c'],
])('a header %j: %j is not sent', async (name, value) => {
  const url = await echo();

  expect(() => ask(url, { headers: { host: url.host, [name]: value } })).toThrow(InvalidHeader);
});

/** A server with a certificate of its own making. */
async function secure(): Promise<{ readonly url: URL; readonly cert: string; readonly asked: unknown[] }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const asked: unknown[] = [];
  const server = createSecureServer({ key, cert }, (request, response) => {
    asked.push((request.socket as TLSSocket).servername);
    response.end('x');
  });
  const { port } = await listen(server);

  return { url: new URL(`https://localhost:${port}/`), cert, asked };
}

test('whose certificate nobody vouches for is not asked', async () => {
  const { url, asked } = await secure();

  await expect(ask(url)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(asked).toEqual([]);
});

test('whose certificate is trusted is asked by its name, and no other name will do', async () => {
  const { url, cert, asked } = await secure();
  const trusted = getCACertificates('default');
  try {
    setDefaultCACertificates([...trusted, cert]);

    expect((await ask(url)).bytes.toString()).toBe('x');
    expect(asked).toEqual(['localhost']);
    await expect(ask(new URL(`https://127.0.0.1:${url.port}/`))).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  } finally {
    setDefaultCACertificates(trusted);
  }
});
