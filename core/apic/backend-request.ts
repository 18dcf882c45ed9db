import { Refusal } from '../errors.ts';
import type { ApiDefinition } from './api-definition.ts';
import { mayHaveBody } from './authorize-call.ts';
import { headerValue, type Pairs } from './canonical-request.ts';
import {
  type BackendParameter,
  CREDENTIAL_HEADERS,
  type HttpBackend,
  OF_THE_CONNECTION,
  OF_THE_PLATFORM,
} from './http-backend.ts';
import type { ParameterValues, ScalarValue } from './parameter-value.ts';
import { parameterReader } from './parameters.ts';
import { percentEncode } from './percent-encoding.ts';
import type { ReceivedCall } from './received-call.ts';

/** What a backend is asked, but for its address. */
export interface BackendRequest {
  readonly method: string;
  /** Percent-encoded, with the query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A call that may pass, as far as a backend can learn of it. */
export interface BackendCall extends ReceivedCall {
  readonly method: string;
  readonly api: string;
  /** Empty where anyone may call. */
  readonly app: string;
  readonly requestId: string;
}

/** So many APIs in a row are a ring; the last one refuses. */
const MAX_HOPS = 10;
const HOPS = 'x-causeway-hops';
const FORM = 'application/x-www-form-urlencoded';
/** They say how the body and the answer are to be read, whatever the API declares. */
const ALWAYS: readonly string[] = ['accept', 'accept-language', 'content-type'];

/**
 * Makes a backend's requests of an API's calls: declared parameters where the backend has them, the body as it came.
 *
 * @param hidden names of headers, in lower case, that show who calls: those a custom authorizer goes by
 * @returns throws Refusal `APIC.0106` for a parameter that is not as declared, or a path that would be another one; `APIC.0612` for a ring
 */
export function backendRequests(
  { name, parameters, backend }: Pick<ApiDefinition, 'name' | 'parameters'> & { readonly backend: HttpBackend },
  hidden: readonly string[] = [],
): (call: BackendCall) => BackendRequest {
  const read = parameterReader(parameters, new Set(), `${name}: parameters`);
  const ofBody = parameters.filter((parameter) => parameter.in === 'body').map((parameter) => parameter.name);
  const kept = backend.parameters.filter((parameter) => staysInBody(parameter, ofBody)).length;
  const rebuilds =
    kept < ofBody.length || backend.parameters.some((one) => one.in === 'body' && !staysInBody(one, ofBody));
  const declared = {
    query: new Set(parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name)),
    headers: new Set(
      parameters.filter((parameter) => parameter.in === 'header').map((parameter) => parameter.name.toLowerCase()),
    ),
  };
  const secret = new Set([...CREDENTIAL_HEADERS, ...hidden]);

  return (call) => {
    const hops = hopsOf(call.headers);
    const values = valuesOf(backend, call, read(call));
    const at = (place: BackendParameter['in']) => values.filter(([parameter]) => parameter.in === place);
    const method = backend.method === 'ANY' ? call.method : backend.method;
    const body = mayHaveBody(method) ? bodyOf(call, rebuilds ? at('body') : undefined) : undefined;
    const headers = forwarded(call.headers, (header) =>
      backend.passthrough === true
        ? !declared.headers.has(header) && !secret.has(header)
        : ALWAYS.includes(header) && !secret.has(header),
    );
    const query = [
      ...(backend.passthrough === true ? call.query.filter(([one]) => !declared.query.has(one)) : []),
      ...at('query').map(([parameter, value]) => [parameter.name, String(value)] as const),
    ];
    const own = at('header').map(([parameter, value]) => [parameter.name.toLowerCase(), sendable(parameter, value)]);

    return {
      method,
      target:
        pathOf(backend.path, new Map(at('path').map(([parameter, value]) => [parameter.name, String(value)]))) +
        queryOf(query),
      headers: {
        // Nobody here unpacks what a backend packed.
        'accept-encoding': 'identity',
        ...headers,
        ...Object.fromEntries(own),
        ...body?.type,
        'x-request-id': call.requestId,
        [HOPS]: String(hops + 1),
      },
      ...(body !== undefined && { body: body.bytes }),
    };
  };
}

/** Sent on as a part of the body that came. */
function staysInBody({ name, in: place, from }: BackendParameter, ofBody: readonly string[]): boolean {
  return place === 'body' && 'parameter' in from && from.parameter === name && ofBody.includes(name);
}

function hopsOf(headers: Pairs): number {
  const text = headerValue(headers, HOPS) ?? '0';
  const hops = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (hops + 1 >= MAX_HOPS) {
    throw new Refusal('APIC.0612', { detail: { reason: `the call came through ${hops} APIs before this one` } });
  }

  return hops;
}

function valuesOf({ parameters }: HttpBackend, call: BackendCall, given: ParameterValues) {
  return parameters.flatMap((parameter) => {
    const value = sourceValue(parameter, call, given);

    return value === undefined ? [] : [[parameter, value] as const];
  });
}

function sourceValue({ from }: BackendParameter, call: BackendCall, given: ParameterValues): ScalarValue | undefined {
  if ('constant' in from) {
    return from.constant;
  }
  if ('system' in from) {
    return call[from.system];
  }

  return given.get(from.parameter) as ScalarValue | undefined;
}

function bodyOf(call: BackendCall, fields: readonly (readonly [BackendParameter, ScalarValue])[] | undefined) {
  if (fields === undefined) {
    return call.body.length === 0 ? undefined : { bytes: call.body, type: {} };
  }
  const named = fields.map(([{ name }, value]) => [name, value] as const);
  const type = (headerValue(call.headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === FORM) {
    const form = named.map(([name, value]) => `${percentEncode(name)}=${percentEncode(String(value))}`).join('&');

    return { bytes: Buffer.from(form), type: { 'content-type': FORM } };
  }

  return {
    bytes: Buffer.from(JSON.stringify(Object.fromEntries(named))),
    type: { 'content-type': 'application/json' },
  };
}

/** Several values of one name are joined, as HTTP has it; what belongs to a connection ends with it. */
function forwarded(headers: Pairs, wanted: (name: string) => boolean): Record<string, string> {
  const named = new Set((headerValue(headers, 'connection') ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string> = {};
  for (const [header, value] of headers) {
    const name = header.toLowerCase();
    if (!OF_THE_CONNECTION.has(name) && !OF_THE_PLATFORM.has(name) && !named.has(name) && wanted(name)) {
      kept[name] = kept[name] === undefined ? value : `${kept[name]}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
  }

  return kept;
}

/** A line break in a value would begin a header of the caller's own. */
function sendable({ name }: BackendParameter, value: ScalarValue): string {
  const text = String(value);
  const odd = [...text].some((one) => (one < ' ' && one !== '\t') || one === '\x7f' || one > 'ÿ');
  if (odd) {
    throw wrong(
      `header ${name}: received ${JSON.stringify(text.slice(0, 100))}; allowed: characters that HTTP can carry`,
    );
  }

  return text;
}

/** `..` in a segment would be another path at most servers. */
function pathOf(template: string, values: ReadonlyMap<string, string>): string {
  const segments = template.split('/').map((segment) => {
    const filled = segment.replaceAll(/\{(\w+)\}/g, (_, name: string) => percentEncode(values.get(name) ?? ''));
    if (segment.includes('{') && ['', '.', '..'].includes(filled)) {
      throw wrong(
        `${segment} of the path: received ${JSON.stringify(filled)}; allowed: a text that is neither empty nor dots`,
      );
    }

    return filled;
  });

  return segments.join('/');
}

function queryOf(pairs: Pairs): string {
  const text = pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');

  return text === '' ? '' : `?${text}`;
}

function wrong(what: string): Refusal {
  return new Refusal('APIC.0106', { message: `Orchestration error. ${what}.` });
}
