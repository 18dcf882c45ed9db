import { Refusal } from '../errors.ts';
import type { ApiDefinition, ApiParameter, ParameterPlace } from './api-definition.ts';
import type { Pairs } from './canonical-request.ts';
import type { AuthorizerContext } from './custom-authorizer.ts';
import type { ReceivedCall } from './received-call.ts';

/** What a backend is tried out with. */
export interface TestRequest {
  /** @default - the API's own, GET where it takes any */
  readonly method?: string;
  /** By name; each goes where the API declares it, into the query where it declares none. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A call as its caller would have sent it, and as the gateway would hand it on. */
export interface TestCall {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: Pairs;
  readonly headers: Pairs;
  readonly body: string;
  /** What whoever judges a call would know of the caller. */
  readonly context: AuthorizerContext;
}

/** @throws Refusal `CAUSEWAY.0400` when the path lacks a value, or the body is given twice */
export function testCall(
  { method, path: resource, parameters: declared }: Pick<ApiDefinition, 'method' | 'path' | 'parameters'>,
  request: TestRequest,
): TestCall {
  const given = Object.entries(request.parameters ?? {});
  const at = (place: ParameterPlace) => given.filter(([name]) => placeOf(declared, name) === place);
  const pathParameters = Object.fromEntries(at('path'));
  const fields = at('body');
  if (fields.length > 0 && request.body !== undefined) {
    throw new Refusal('CAUSEWAY.0400', {
      message: `The body is given, so it cannot be made of the parameters ${fields.map(([name]) => name).join(', ')}: write them into it.`,
    });
  }
  const body = fields.length > 0 ? JSON.stringify(Object.fromEntries(fields)) : (request.body ?? '');

  return {
    method: request.method ?? (method === 'ANY' ? 'GET' : method),
    path: filled(resource, pathParameters),
    resource,
    pathParameters,
    query: at('query'),
    headers: headersOf(request.headers ?? {}, at('header'), body),
    body,
    context: Object.fromEntries(at('context')),
  };
}

/** The call as a function's chain reads it from the event. */
export function receivedCall({ pathParameters, query, headers, body, context }: TestCall): ReceivedCall {
  return { path: pathParameters, query, headers, body: Buffer.from(body), authorizer: context };
}

function placeOf(declared: readonly ApiParameter[], name: string): ParameterPlace {
  return declared.find((parameter) => parameter.name === name)?.in ?? 'query';
}

function filled(resource: string, values: Readonly<Record<string, string>>): string {
  return resource.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === '') {
      throw new Refusal('CAUSEWAY.0400', { message: `The path ${resource} needs a value for its parameter ${name}.` });
    }

    return encodeURIComponent(value);
  });
}

function headersOf(given: Readonly<Record<string, string>>, declared: Pairs, body: string): Pairs {
  const headers = [...Object.entries(given), ...declared];
  const named = headers.some(([name]) => name.toLowerCase() === 'content-type');

  return named || body === '' ? headers : [...headers, ['Content-Type', contentType(body)]];
}

/** As people mean it: what is JSON is sent as that, everything else as a form. */
function contentType(body: string): string {
  try {
    return typeof JSON.parse(body) === 'object' ? 'application/json' : 'application/x-www-form-urlencoded';
  } catch {
    return 'application/x-www-form-urlencoded';
  }
}
