import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { type HttpReply, ReplyReader } from './http-reply.ts';

/** The other side ended the connection before its answer was complete; `code` is what Node's own client has for it. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ECONNRESET';
}

export interface Exchange {
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

/** Connections are given up a second before the server would end them, if it says when. */
const MARGIN_MS = 1000;

/** A function that was frozen learns late that the other side ended a connection, and some requests must not be sent twice. */
const MAX_IDLE_MS = 20_000;

const sessions = new Map<string, Buffer>();

/** A connection to one origin, for one exchange at a time. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #freed: (connection: HttpConnection) => void;
  #exchange: Exchange | undefined;
  #reader = new ReplyReader();
  #lost: Error | undefined;
  /** Of the wall clock: that of a frozen function stands still. */
  #usableUntil = Number.POSITIVE_INFINITY;

  /** @param freed called when another exchange may begin */
  constructor({ protocol, hostname, port }: URL, freed: (connection: HttpConnection) => void) {
    this.#freed = freed;
    const host = hostname.replace(/^\[|\]$/g, '');
    this.#socket = protocol === 'https:' ? secureSocket(host, port) : connectPlain({ host, port: Number(port || 80) });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer<ArrayBuffer>) => this.#read(chunk));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.fail(error));
    this.#socket.on('close', () => this.#ended());
  }

  get isUsable(): boolean {
    return this.#lost === undefined && Date.now() < this.#usableUntil;
  }

  begin(head: string, body: string | Uint8Array, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader = new ReplyReader();
    this.#socket.ref();
    if (body.length === 0) {
      this.#socket.write(head, 'latin1');
      return;
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const whole = Buffer.allocUnsafe(head.length + bytes.length);
    whole.write(head, 'latin1');
    whole.set(bytes, head.length);
    this.#socket.write(whole);
  }

  /** Ends the connection; an exchange that is under way fails with the error. */
  fail(error: Error): void {
    this.#lost ??= error;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#socket.destroy();
    exchange?.reject(error);
  }

  close(): void {
    this.fail(new ConnectionLost('the connection was closed'));
  }

  #read(chunk: Buffer<ArrayBuffer>): void {
    if (this.#exchange === undefined) {
      this.fail(new ConnectionLost('an answer came to no question'));

      return;
    }
    try {
      const reply = this.#reader.push(chunk);
      if (reply !== undefined) {
        this.#answered(this.#exchange, reply);
      }
    } catch (error) {
      this.fail(error as Error);
    }
  }

  #answered(exchange: Exchange, reply: HttpReply): void {
    this.#exchange = undefined;
    if (this.#reader.keepAlive && this.#lost === undefined) {
      const [, seconds] = /\btimeout=(\d+)/.exec(reply.headers['keep-alive'] ?? '') ?? [];
      const offered = seconds === undefined ? MAX_IDLE_MS : Number(seconds) * 1000 - MARGIN_MS;
      this.#usableUntil = Date.now() + Math.min(offered, MAX_IDLE_MS);
      // What waits for nothing keeps no process running.
      this.#socket.unref();
      this.#freed(this);
    } else {
      this.close();
    }
    exchange.resolve(reply);
  }

  #ended(): void {
    const exchange = this.#exchange;
    const reply = exchange === undefined ? undefined : this.#reader.end();
    if (exchange === undefined || reply === undefined) {
      this.fail(new ConnectionLost('socket hang up'));

      return;
    }
    this.#answered(exchange, reply);
  }
}

function secureSocket(host: string, port: string): Socket {
  const origin = `${host}:${port}`;
  const session = sessions.get(origin);
  const socket = connectSecure({
    ...{ host, port: Number(port || 443), ALPNProtocols: ['http/1.1'] },
    // An address has no name to ask for: RFC 6066 §3.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(session !== undefined && { session }),
  });
  socket.on('session', (ticket) => sessions.set(origin, ticket));

  return socket;
}
