import { Buffer } from 'node:buffer';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CommandFailed } from './errors.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Sent exactly as given, nothing added: what is printed as the raw request is what went out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  /** In the order and spelling of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** From the first byte of the request to the last of the response. */
  readonly milliseconds: number;
}

/** A call that takes longer is given up: the gateway's own limit is 29 s. */
const CALL_TIMEOUT_MS = 35_000;

/** The headers every request needs, for the ones a caller does not care about. */
export function basicHeaders(url: string, body?: string | Buffer): Record<string, string> {
  return {
    Host: new URL(url).host,
    'User-Agent': 'causeway',
    Connection: 'close',
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
}

/** One request and its whole response; redirects are answers like any other. */
export async function exchange({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
  const started = performance.now();
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const request = send(url, {
    method,
    headers,
    setDefaultHeaders: false,
    agent: false,
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end(body);
    });

    return {
      status: response.statusCode ?? 0,
      reason: response.statusMessage ?? '',
      headers: pairsOf(response.rawHeaders),
      body: Buffer.concat(await response.toArray()),
      milliseconds: performance.now() - started,
    };
  } catch (cause) {
    const why = timeout.aborted ? `no answer within ${CALL_TIMEOUT_MS / 1000} s` : failure(cause);
    throw new CommandFailed(`No answer from ${new URL(url).origin}: ${why}. Is the platform running?`, { cause });
  }
}

function failure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;

  return code === 'ECONNREFUSED' ? 'nothing listens there' : message;
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] as string] as [string, string]] : []));
}
