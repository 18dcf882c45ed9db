import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { guardAddress } from './address-guard.ts';

/** A request to where the integration's author, or a script, says. */
export interface GuardedRequest {
  readonly method: string;
  readonly url: URL;
  /** `Host` is the URL's, unless it is among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** How long and how much, in milliseconds and bytes. */
export interface GuardedLimits {
  readonly timeMs: number;
  readonly connectMs?: number | null;
  /** Between two parts of the answer. */
  readonly idleMs?: number | null;
  readonly maxBytes: number;
  /** Whether a connection may be one that was used before, and be used again. */
  readonly keep?: boolean;
}

export type GuardedTls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'passphrase'>;

export interface GuardedReply {
  readonly response: IncomingMessage;
  readonly body: Buffer;
}

type FailureKind = 'no-host' | 'late' | 'too-large' | 'unreachable';

/** The request did not come to an answer; its message is for whoever wrote it. */
export class HttpFailed extends Error {
  override readonly name = 'HttpFailed';
  readonly kind: FailureKind;
  /** Whether anything of the request may have arrived. */
  readonly sent: boolean;

  constructor(kind: FailureKind, sent: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.sent = sent;
  }
}

/** Lambda freezes a function between calls: what is kept longer is closed at the other end. */
const KEPT_MS = 4000;

let plain: HttpAgent | undefined;
let secure: HttpsAgent | undefined;

/**
 * Sends a request to an address that is resolved once, judged, and then used. No redirect is followed; certificates are verified.
 *
 * @throws AddressRefused, HttpFailed
 */
export async function guardedExchange(
  asked: GuardedRequest,
  limits: GuardedLimits,
  tls: GuardedTls = {},
): Promise<GuardedReply> {
  const { method, url, headers, body } = asked;
  const { timeMs, connectMs, idleMs, maxBytes, keep = false } = limits;
  const startedAt = performance.now();
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const allowedMs = Math.max(1, Math.floor(timeMs));
  const over = AbortSignal.timeout(allowedMs);
  let sent = false;
  const failed = (error: Error) => failureOf(error, { url, timeMs: allowedMs, sent });
  const pinned = await Promise.race([guardAddress(host, port), aborted(over)]).catch((error: Error) => {
    throw failed(error);
  });
  const { promise, resolve, reject } = Promise.withResolvers<GuardedReply>();
  const request = (isSecure ? httpsRequest : httpRequest)({
    ...tls,
    method,
    host: pinned.address,
    family: pinned.family,
    port,
    // The name is for the certificate.
    servername: isIP(host) === 0 ? host : '',
    path: `${url.pathname}${url.search}`,
    headers: {
      ...lowerCased(headers),
      ...(!hasHost(headers) && { host: url.host }),
      ...(body !== undefined && { 'content-length': body.length }),
    },
    agent: keep ? agentOf(isSecure) : false,
    signal: over,
  });
  request.on('socket', (socket) => {
    whenConnected(socket, isSecure, () => {
      sent = true;
    });
    if ((connectMs ?? 0) > 0) {
      limitConnect(socket, connectMs as number, () => {
        reject(new HttpFailed('late', false, `no connection to ${url.host} within ${connectMs} ms`));
        request.destroy();
      });
    }
  });
  if ((idleMs ?? 0) > 0) {
    request.setTimeout(idleMs as number, () =>
      request.destroy(new HttpFailed('late', sent, `${url.host} said nothing for ${idleMs} ms`)),
    );
  }
  request.on('error', (error) => {
    if (request.reusedSocket && isReset(error)) {
      // The other end had closed it meanwhile, which says nothing about a new one.
      const left = timeMs - (performance.now() - startedAt);
      resolve(guardedExchange(asked, { ...limits, timeMs: left, keep: false }, tls));
    }
    reject(failed(error));
  });
  request.on('response', (response) => {
    read(response, maxBytes).then(
      (bytes) => resolve({ response, body: bytes }),
      (error: Error) => {
        request.destroy();
        reject(failed(error));
      },
    );
  });
  request.end(body);

  return promise.finally(() => keep || request.destroy());
}

function whenConnected(socket: Socket, isSecure: boolean, then: () => void): void {
  if (!socket.connecting) {
    then();
  }
  socket.once(isSecure ? 'secureConnect' : 'connect', then);
}

function limitConnect(socket: Socket, connectMs: number, late: () => void): void {
  if (!socket.connecting) {
    return;
  }
  const timer = setTimeout(late, connectMs);
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

async function read(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new HttpFailed('too-large', true, `the answer is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`);
    }
    chunks.push(chunk);
  }

  return Buffer.concat(chunks);
}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(String((error as { code?: unknown }).code));
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function hasHost(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'host');
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function failureOf(error: Error, { url, timeMs, sent }: { url: URL; timeMs: number; sent: boolean }): Error {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (error.name === 'AddressRefused' || error instanceof HttpFailed) {
    return error;
  }
  if (error.name === 'TimeoutError' || (cause as Error | undefined)?.name === 'TimeoutError') {
    return new HttpFailed('late', sent, `${url.host} did not answer within ${timeMs} ms`);
  }
  if (code === 'ENOTFOUND') {
    return new HttpFailed('no-host', false, `there is no host ${url.hostname}`);
  }
  const message = `${url.host} cannot be reached: ${error.message || String(code)}`;

  return new HttpFailed('unreachable', sent, message, { cause: error });
}

function agentOf(isSecure: boolean): HttpAgent {
  if (isSecure) {
    secure ??= new HttpsAgent({ keepAlive: true, timeout: KEPT_MS });

    return secure;
  }
  plain ??= new HttpAgent({ keepAlive: true, timeout: KEPT_MS });

  return plain;
}
