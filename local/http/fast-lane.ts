import { Buffer } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { LocalError } from '../errors.ts';
import { type PlainRequest, readPlainRequest } from './plain-request.ts';

export interface PlainAnswer {
  readonly status: number;
  /** Without those of the connection, `Date` and the body's length. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Buffer;
}

/** Answers a request; undefined when it has written to the connection itself, which is its own then. */
export type PlainHandler = (request: PlainRequest, socket: Socket) => Promise<PlainAnswer | undefined>;

/** As Node's server has it beside us; whoever waits longer between two requests connects anew. */
export const KEEP_ALIVE_SECONDS = 60;
/** What a client may send ahead of answers before it has to wait. */
const MAX_AHEAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
/** A value that ends its line would begin another header, or another answer. */
const ENDS_LINE = /[\r\n\0]|[^\0-\xff]/;
/** RFC 9110 §8.6 */
const BODILESS = new Set([204, 304]);

/**
 * Serves the plain requests of a connection without Node's HTTP server, which takes three times the processor time for requests this small; an
 * own platform on one machine is made of them. From the first request on that is not plain the connection is Node's for good.
 *
 * @param toNode takes the connection, paused; what was received of it and not served is to be read first
 */
export function serveFastLane(socket: Socket, handle: PlainHandler, toNode: (socket: Socket) => void): void {
  let received: Buffer = NOTHING;
  let busy = false;
  let ended = false;

  const onData = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (!busy) next();
    else if (received.length > MAX_AHEAD_BYTES) socket.pause();
  };
  const next = () => {
    const reading = readPlainRequest(received);
    if (reading === undefined) {
      leave();
      return;
    }
    received = received.length === reading.bytes ? NOTHING : received.subarray(reading.bytes);
    busy = true;
    handle(reading.request, socket)
      .then(answered)
      .catch(() => socket.destroy());
  };
  const answered = (answer: PlainAnswer | undefined) => {
    if (answer === undefined || socket.destroyed) return;
    socket.write(render(answer));
    busy = false;
    if (socket.isPaused()) socket.resume();
    if (received.length > 0) next();
    else if (ended) socket.end();
  };
  const leave = () => {
    socket.off('data', onData).off('end', onEnd).off('timeout', onIdle).off('error', onError).setTimeout(0);
    socket.pause();
    if (received.length > 0) socket.unshift(received);
    toNode(socket);
  };
  const onIdle = () => {
    if (!busy) socket.destroy();
  };
  // Who has said everything may still wait for answers.
  const onEnd = () => {
    ended = true;
    if (!busy) socket.end();
  };
  // A client that goes away in the middle is its own affair.
  const onError = () => socket.destroy();

  socket.setNoDelay(true);
  socket.setTimeout(KEEP_ALIVE_SECONDS * 1000);
  socket.on('data', onData).on('end', onEnd).on('timeout', onIdle).on('error', onError);
}

function render({ status, headers, body }: PlainAnswer): Buffer {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const [name, value] of headers) {
    if (ENDS_LINE.test(name) || ENDS_LINE.test(value)) throw new LocalError(`the header ${name} cannot be sent`);
    head += `${name}: ${value}\r\n`;
  }
  if (!BODILESS.has(status)) head += `Content-Length: ${bytes}\r\n`;
  head += `Date: ${dateNow()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`;
  if (BODILESS.has(status)) return Buffer.from(head, 'latin1');
  const whole = Buffer.allocUnsafe(head.length + bytes);
  whole.write(head, 'latin1');
  if (typeof body === 'string') whole.write(body, head.length, 'utf8');
  else body.copy(whole, head.length);

  return whole;
}

let second = 0;
let date = '';

/** RFC 9110 §5.6.7; the same text for a second. */
function dateNow(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }

  return date;
}
