import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** How long the whole answer may take, in milliseconds. */
  readonly milliseconds: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** The answer did not come in time. */
export class NoReply extends Error {
  override readonly name = 'TimeoutError';
}

let plain: HttpAgent | undefined;
let secure: HttpsAgent | undefined;

/**
 * One request over a connection that is kept. Node's own client: `fetch` takes three times the processor time for calls this small, and each
 * call of an API makes several.
 *
 * @throws NoReply, or Node's own error of a connection that failed (with its `code`)
 */
export function httpExchange(url: URL, { method, headers, body, milliseconds }: HttpQuestion): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const options = {
    ...{ method, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path: `${url.pathname}${url.search}` },
    headers: { ...headers, ...(method !== 'GET' && { 'content-length': Buffer.byteLength(body) }) },
  };
  const request =
    url.protocol === 'https:'
      ? httpsRequest({ ...options, agent: secureAgent() }, read)
      : httpRequest({ ...options, agent: plainAgent() }, read);
  // Not the socket's own time, which begins anew with every byte.
  const timer = setTimeout(() => request.destroy(new NoReply(`no answer in ${milliseconds} ms`)), milliseconds);
  const fail = (error: Error) => {
    clearTimeout(timer);
    reject(request.errored instanceof NoReply ? request.errored : error);
  };
  request.on('error', fail);
  if (method === 'GET') request.end();
  else request.end(body);

  return promise;

  function read(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', fail);
    response.on('end', () => {
      clearTimeout(timer);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) });
    });
  }
}

function plainAgent(): HttpAgent {
  plain ??= new HttpAgent({ keepAlive: true });

  return plain;
}

function secureAgent(): HttpsAgent {
  secure ??= new HttpsAgent({ keepAlive: true });

  return secure;
}
