import { isUtf8 } from 'node:buffer';
import { OF_THE_CONNECTION } from '../../../core/apic/http-backend.ts';
import { type HttpStep, MAX_REDIRECTS, redirectOf } from '../../../core/apic/script/http-step.ts';
import { sign } from '../../../core/apic/signature.ts';
import { InvalidSetting } from '../../../core/errors.ts';
import { type GuardedReply, type GuardedTls, guardedExchange, HttpFailed } from '../guarded-exchange.ts';
import { pem } from './pem.ts';

/** What a script asks for. */
export interface ScriptHttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: none. */
  readonly content: string | null;
  /** `content` is base64 of bytes. */
  readonly base64?: boolean;
  /** Whether an answer that leads elsewhere is followed. */
  readonly redirects: boolean;
  /** Signs the request, as an app's key and secret do. */
  readonly accessKey?: string | null;
  readonly secretKey?: string | null;
  /** Signed too, beside host and date. */
  readonly headersToSign?: readonly string[];
  readonly connectTimeout?: number | null;
  readonly readTimeout?: number | null;
  /** PEM, or base64 of PEM or DER: the authority to trust instead of the usual ones. */
  readonly caCertData?: string | null;
  readonly clientCertData?: string | null;
  readonly clientKeyData?: string | null;
  readonly clientKeyPassphrase?: string | null;
}

export interface ScriptHttpAnswer {
  readonly code: number;
  readonly message: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In the charset the answer names, UTF-8 where it names none. */
  readonly text: string;
  /** Only where the text is not the bytes. */
  readonly base64?: string;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const MAX_BYTES = 5 * 1024 * 1024;
/** Kept from a call's time, in milliseconds, so that a script still sees what became of its request. */
const RESERVE_MS = 1500;
/**
 * Sends a request of a script. Each address, also one that an answer leads to, is resolved once, judged, and then used; certificates are verified.
 *
 * @throws InvalidSetting, AddressRefused, HttpFailed, whose messages are for the script
 */
export async function httpExchange(asked: ScriptHttpRequest, remainingMs: () => number): Promise<ScriptHttpAnswer> {
  const tls = tlsOptions(asked);
  let step: HttpStep | undefined = firstStep(asked);
  const { origin } = step.url;
  for (let count = 0; count <= MAX_REDIRECTS; count += 1) {
    const signed: HttpStep = step.url.origin === origin ? withSignature(step, asked) : step;
    const answer = await exchange(signed, step.url.origin === origin ? tls : {}, asked, remainingMs);
    const { statusCode = 0, headers } = answer.response;
    step = asked.redirects ? redirectOf(step, statusCode, headers.location) : undefined;
    if (step === undefined) {
      return answerOf(answer);
    }
  }
  throw new HttpFailed('unreachable', true, `${origin} leads on and on: ${MAX_REDIRECTS} redirects were followed`);
}

function firstStep({ method, url, headers, content, base64 }: ScriptHttpRequest): HttpStep {
  const name = method.toUpperCase();
  if (!METHODS.has(name)) {
    throw new InvalidSetting('HttpClient: method', method, [...METHODS].join(', '));
  }
  const place = URL.parse(url);
  if (place === null || !/^https?:$/.test(place.protocol) || place.hostname === '') {
    throw new InvalidSetting('HttpClient: url', url, 'a URL that begins with http:// or https://');
  }
  const body =
    content === null || WITHOUT_BODY.has(name) ? undefined : Buffer.from(content, base64 ? 'base64' : 'utf8');

  return {
    method: name,
    url: place,
    headers: Object.fromEntries(headers.filter(([header]) => !OF_THE_CONNECTION.has(header.toLowerCase()))),
    ...(body !== undefined && { body }),
  };
}

function withSignature(step: HttpStep, { accessKey, secretKey, headersToSign = [] }: ScriptHttpRequest): HttpStep {
  if (!accessKey || !secretKey) {
    return step;
  }
  const wanted = new Set(headersToSign.map((name) => name.toLowerCase()));
  const own = Object.entries(step.headers).filter(([name]) => name.toLowerCase() !== 'host');
  const covered = own.filter(([name]) => wanted.has(name.toLowerCase()));
  const { body } = step;
  const signature = sign(
    { method: step.method, url: step.url, headers: Object.fromEntries(covered), ...(body !== undefined && { body }) },
    { key: accessKey, secret: secretKey },
    new Date(),
  );

  return { ...step, headers: { ...Object.fromEntries(own), ...signature } };
}

function tlsOptions(asked: ScriptHttpRequest): GuardedTls {
  const { caCertData, clientCertData, clientKeyData, clientKeyPassphrase } = asked;

  return {
    ...(caCertData && { ca: pem(caCertData, 'CERTIFICATE') }),
    ...(clientCertData && { cert: pem(clientCertData, 'CERTIFICATE') }),
    ...(clientKeyData && { key: pem(clientKeyData, 'PRIVATE KEY') }),
    ...(clientKeyPassphrase && { passphrase: clientKeyPassphrase }),
  };
}

async function exchange(
  { method, url, headers, body }: HttpStep,
  tls: GuardedTls,
  { connectTimeout, readTimeout }: ScriptHttpRequest,
  remainingMs: () => number,
): Promise<GuardedReply> {
  return guardedExchange(
    {
      method,
      url,
      headers: { 'user-agent': 'causeway', accept: '*/*', ...lowerCased(headers) },
      ...(body !== undefined && { body }),
    },
    {
      timeMs: remainingMs() - RESERVE_MS,
      connectMs: connectTimeout ?? null,
      idleMs: readTimeout ?? null,
      maxBytes: MAX_BYTES,
    },
    tls,
  );
}

function answerOf({ response, body }: GuardedReply): ScriptHttpAnswer {
  const { rawHeaders: raw } = response;
  const text = decoded(body, response.headers['content-type']);

  return {
    code: response.statusCode ?? 0,
    message: response.statusMessage ?? '',
    headers: raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [])),
    text,
    ...(!(isUtf8(body) && body.equals(Buffer.from(text))) && { base64: body.toString('base64') }),
  };
}

function decoded(body: Buffer, type = ''): string {
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { ignoreBOM: true }).decode(body);
  } catch {
    return body.toString();
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
