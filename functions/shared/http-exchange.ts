import { HttpConnection } from './http-connection.ts';
import type { HttpReply } from './http-reply.ts';

export type { HttpReply } from './http-reply.ts';

export interface HttpQuestion {
  readonly method: string;
  /** `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** How long the whole answer may take, in milliseconds. */
  readonly milliseconds: number;
}

/** The answer did not come in time. */
export class NoReply extends Error {
  override readonly name = 'TimeoutError';
}

/** A name or a value that would be read as something else than a header (RFC 9110 §5.5). */
export class InvalidHeader extends Error {
  override readonly name = 'InvalidHeader';
}

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Connections that wait, by origin; the last one used is taken first. */
const free = new Map<string, HttpConnection[]>();

/**
 * One request to a service of AWS over a connection that is kept. A client of our own: each call of an API asks two or three services, and for
 * exchanges this small Node's takes three times the processor time, `fetch` nine times. It knows HTTP/1.1, one exchange at a time, answers
 * that fit in memory, and no redirects: all that these services need.
 *
 * @throws NoReply, MalformedReply, or an error of the connection (with Node's `code`)
 */
export function httpExchange(url: URL, question: HttpQuestion): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const head = headOf(url, question);
  const connection = take(url);
  // Not the socket's own time, which begins anew with every byte.
  const { milliseconds } = question;
  const timer = setTimeout(() => connection.fail(new NoReply(`no answer in ${milliseconds} ms`)), milliseconds);
  connection.begin(head, question.method === 'GET' ? '' : question.body, {
    resolve(reply) {
      clearTimeout(timer);
      resolve(reply);
    },
    reject(error) {
      clearTimeout(timer);
      reject(error);
    },
  });

  return promise;
}

function headOf({ pathname, search }: URL, { method, headers, body }: HttpQuestion): string {
  let head = `${method} ${pathname}${search} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new InvalidHeader(`${name}: received ${JSON.stringify(value)}; allowed: text without control characters`);
    }
    head += `${name}: ${value}\r\n`;
  }

  return method === 'GET' ? `${head}\r\n` : `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
}

function take(url: URL): HttpConnection {
  const waiting = free.get(url.origin) ?? [];
  for (let connection = waiting.pop(); connection !== undefined; connection = waiting.pop()) {
    if (connection.isUsable) {
      return connection;
    }
    connection.close();
  }
  free.set(url.origin, waiting);

  return new HttpConnection(url, (connection) => waiting.push(connection));
}
