import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type PlainHandler, serveFastLane } from '../../../local/http/fast-lane.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const ECHO: PlainHandler = async ({ method, url, body }) => ({
  status: 200,
  headers: [['X-By', 'lane']],
  body: `${method} ${url} ${body.toString()}`,
});

/** A lane, and Node's own server behind it. */
async function lane(handle: PlainHandler = ECHO): Promise<number> {
  const sockets = new Set<Socket>();
  const node = createHttpServer(async (incoming, response) => {
    const body = (await incoming.toArray()).join('');
    response.setHeader('X-By', 'node');
    response.end(`${incoming.method} ${incoming.url} ${body}`);
  });
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    serveFastLane(socket, handle, (rest) => {
      node.emit('connection', rest);
      rest.resume();
    });
  });
  open.push({
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return (server.address() as AddressInfo).port;
}

/** Everything a server says to these pieces, each sent when the one before has been answered so often. */
async function talk(port: number, pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  socket.setNoDelay(true);
  let text = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (text.split('HTTP/1.1 ').length > answers) resolve();
  });
  socket.on('close', () => resolve());
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((sent) => setTimeout(sent, 5));
  }
  await promise;

  return text;
}

const bodies = (text: string) =>
  text
    .split('HTTP/1.1 ')
    .slice(1)
    .map((one) => one.split('\r\n\r\n')[1]);
const by = (text: string) => [...text.matchAll(/X-By: (\w+)/g)].map(([, who]) => who);

test('a plain request is answered, with what Node’s server says of itself', async () => {
  const text = await talk(await lane(), ['POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'], 1);

  expect(text).toMatch(
    /^HTTP\/1\.1 200 OK\r\nX-By: lane\r\nContent-Length: 10\r\nDate: [^\r]+ GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\nPOST \/a hi$/,
  );
});

test('requests that are sent ahead are answered in their order', async () => {
  const requests = ['/1', '/2', '/3'].map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const slowFirst: PlainHandler = async (plain, socket) => {
    if (plain.url === '/1') await new Promise((resolve) => setTimeout(resolve, 20));

    return ECHO(plain, socket);
  };

  expect(bodies(await talk(await lane(slowFirst), [requests.join('')], 3))).toEqual(['GET /1 ', 'GET /2 ', 'GET /3 ']);
});

test('from the first request on that is not plain, Node answers, with nothing lost', async () => {
  const text = await talk(
    await lane(),
    [
      'GET /1 HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc',
      'def',
      'GET /3 HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    3,
  );

  expect(bodies(text)).toEqual(['GET /1 ', 'POST /2 abcdef', 'GET /3 ']);
  expect(by(text)).toEqual(['lane', 'node', 'node']);
});

test('a request in pieces is Node’s', async () => {
  const text = await talk(await lane(), ['GET /1 HT', 'TP/1.1\r\nHo', 'st: x\r\n\r\n'], 1);

  expect([bodies(text), by(text)]).toEqual([['GET /1 '], ['node']]);
});

test('what is no HTTP is refused by Node', async () => {
  expect(await talk(await lane(), ['nonsense\r\n\r\n'], 1)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

test('who ends its side still gets its answer', async () => {
  const port = await lane(async (plain, socket) => {
    await new Promise((resolve) => setTimeout(resolve, 20));

    return ECHO(plain, socket);
  });
  const socket = connect(port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  socket.end('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');

  expect((await socket.toArray()).join('')).toContain('GET /1 ');
});

test.each(['a\r\nX-Other: b', 'a\nb', '中'])('a header %j is never sent: the connection ends', async (value) => {
  const port = await lane(async () => ({ status: 200, headers: [['X-A', value]], body: '' }));

  expect(await talk(port, ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 1)).toBe('');
});

test('a handler that fails ends the connection', async () => {
  const port = await lane(async () => {
    throw new TypeError('no answer');
  });

  expect(await talk(port, ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 1)).toBe('');
});

test('204 has neither length nor body', async () => {
  const port = await lane(async () => ({ status: 204, headers: [], body: 'never' }));
  const text = await talk(port, ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 1);

  expect(text).toMatch(/^HTTP\/1\.1 204 No Content\r\nDate: /);
  expect(text).not.toMatch(/never|Content-Length/);
});

test('Node’s own client keeps its connection', async () => {
  const port = await lane();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (path: string) => {
    const sent = request({ port, path, agent }).end();
    const [answer] = await once(sent, 'response');

    return [(await answer.toArray()).join(''), sent.reusedSocket];
  };

  expect([await ask('/1'), await ask('/2')]).toEqual([
    ['GET /1 ', false],
    ['GET /2 ', true],
  ]);
  agent.destroy();
});
