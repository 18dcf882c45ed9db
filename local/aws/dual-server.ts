import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { KEEP_ALIVE_SECONDS, type PlainHandler, serveFastLane } from '../http/fast-lane.ts';

export type DualRequest = IncomingMessage | Http2ServerRequest;
export type DualResponse = ServerResponse | Http2ServerResponse;

export interface DualServer {
  listen(port: number): Promise<void>;
  close(): Promise<void>;
}

/** Every HTTP/2 connection begins with `PRI * HTTP/2.0`; no HTTP/1.1 method begins with these letters. RFC 9113 §3.4 */
const PREFACE = 'PRI';

/**
 * HTTP/1.1 and cleartext HTTP/2 on one port of 127.0.0.1: some SDK clients (Kinesis) speak HTTP/2 with prior knowledge
 * to an `http://` endpoint, the others HTTP/1.1, most of it plain.
 */
export function createDualServer(
  handle: (request: DualRequest, response: DualResponse) => void,
  handlePlain: PlainHandler,
): DualServer {
  const http1 = createHttpServer(handle);
  const http2 = createHttp2Server(handle);
  const sockets = new Set<Socket>();
  http1.keepAliveTimeout = KEEP_ALIVE_SECONDS * 1000;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveFastLane(socket, handlePlain, (rest) => {
      // A client that goes away in the middle is its own affair.
      rest.on('error', () => rest.destroy());
      peek(rest, (isHttp2) => {
        (isHttp2 ? http2 : http1).emit('connection', rest);
        // HTTP/2 reads the connection by itself.
        if (!isHttp2) rest.resume();
      });
    });
  });

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: '127.0.0.1' }, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        if (!server.listening) return resolve();
        server.close(() => resolve());
      }),
  };
}

function peek(socket: Socket, decide: (isHttp2: boolean) => void): void {
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    socket.unshift(chunk);
    if (chunk.length < PREFACE.length) return;
    socket.off('readable', onReadable);
    decide(chunk.toString('latin1', 0, PREFACE.length) === PREFACE);
  };
  socket.on('readable', onReadable);
}
