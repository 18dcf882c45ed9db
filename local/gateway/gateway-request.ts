import { Buffer } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiModel } from './api-model.ts';
import type { Stage } from './gateway-part.ts';

/** One call, as the gateway has read it. */
export interface GatewayRequest {
  readonly requestId: string;
  readonly extendedRequestId: string;
  /** `Root=1-67891233-abcdef012345678912345678` */
  readonly traceHeader: string;
  readonly receivedAt: number;
  readonly sourceIp: string;
  readonly api: ApiModel;
  readonly stage: Stage;
  readonly httpMethod: string;
  /** Percent-encoded as received: with the base path, and without. */
  readonly fullPath: string;
  readonly path: string;
  readonly host: string;
  /** Names in the caller's case, in order, repeated ones repeated; what concerns one hop only is left out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The query as received. */
  readonly queryText: string;
  readonly body: Buffer;
}

/** A request as it came over HTTP, whoever read it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value, in the caller's case. */
  readonly rawHeaders: readonly string[];
  readonly sourceIp: string;
  readonly localPort: number;
  /** Throws `GatewayFault` REQUEST_TOO_LARGE. */
  readBody(): Promise<Buffer>;
  /** Whether nobody waits for an answer any more. */
  isGone(): boolean;
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** What API Gateway numbers every call with. */
export function newIds(now: number) {
  const seconds = Math.floor(now / 1000).toString(16);

  return {
    requestId: randomUUID(),
    extendedRequestId: `${randomPiece(11).toString('base64url')}=`,
    traceHeader: `Root=1-${seconds}-${randomPiece(12).toString('hex')}`,
  };
}

const RANDOM_BYTES = 4096;
let random = Buffer.alloc(0);
let used = 0;

/** From bytes that are asked for many at a time: each question takes longer than all the rest of numbering a call. Good until the next one. */
function randomPiece(bytes: number): Buffer {
  if (used + bytes > random.length) {
    random = randomBytes(RANDOM_BYTES);
    used = 0;
  }
  used += bytes;

  return random.subarray(used - bytes, used);
}

/** The headers a function sees: the caller's, then what API Gateway adds. */
export function readHeaders(
  { rawHeaders, localPort }: Pick<ReceivedRequest, 'rawHeaders' | 'localPort'>,
  { traceHeader, sourceIp }: Pick<GatewayRequest, 'traceHeader' | 'sourceIp'>,
): readonly (readonly [string, string])[] {
  const received: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]];
    if (!HOP_BY_HOP.has(name.toLowerCase())) received.push([name, value]);
  }
  const forwarded = received.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, value]) => value);
  const own: readonly (readonly [string, string])[] = [
    ['X-Amzn-Trace-Id', traceHeader],
    ['X-Forwarded-For', [...forwarded, sourceIp].join(', ')],
    ['X-Forwarded-Port', String(localPort)],
    ['X-Forwarded-Proto', 'http'],
  ];
  const names = new Set(own.map(([name]) => name.toLowerCase()));

  return [...received.filter(([name]) => !names.has(name.toLowerCase())), ...own];
}

/** `a=1&b` → [['a','1'],['b','']]; decoded, `+` is a space. */
export function readQuery(query: string): readonly (readonly [string, string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at === -1 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
}

/** The header's value, the last one when it is repeated. */
export function headerOf(request: Pick<GatewayRequest, 'headers'>, name: string): string | undefined {
  return request.headers.findLast(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
