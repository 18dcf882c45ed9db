import { TemplateError } from '../errors.ts';
import type { ApiModel } from './api-model.ts';
import { errorTypeOf, type GatewayFault } from './gateway-fault.ts';

/** What templates and header mappings may name: everything known of a call, also of one that came to no API. */
export interface ResponseContext {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly sourceIp: string;
  readonly stage?: string;
  readonly apiId?: string;
  readonly resourcePath?: string;
  /** As received. */
  readonly header?: (name: string) => string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Buffer;
}

const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';

type Variable = (context: ResponseContext, fault: GatewayFault) => string;

const VARIABLES: Readonly<Record<string, Variable>> = {
  'error.message': (_, { message }) => message,
  'error.messageString': (_, { message }) => JSON.stringify(message),
  'error.responseType': (_, { type }) => type,
  'identity.sourceIp': ({ sourceIp }) => sourceIp,
  apiId: ({ apiId = '' }) => apiId,
  extendedRequestId: ({ extendedRequestId }) => extendedRequestId,
  httpMethod: ({ httpMethod }) => httpMethod,
  path: ({ path }) => path,
  requestId: ({ requestId }) => requestId,
  resourcePath: ({ resourcePath = '' }) => resourcePath,
  stage: ({ stage = '' }) => stage,
};

const REQUEST_HEADER = /^method\.request\.header\.([\w-]+)$/;
const REFERENCE = /\$(?:context\.([A-Za-z.]*[A-Za-z])|\{context\.([A-Za-z.]*[A-Za-z])\})/g;

/**
 * The answer to a call no function answered: the API's gateway response of this type, or its default for the status class, or
 * the service's own. Templates know variables only, as in API Gateway; there is no VTL in gateway responses.
 */
export function gatewayResponse(fault: GatewayFault, api: ApiModel | undefined, context: ResponseContext): HttpAnswer {
  const fallback = fault.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX';
  const own = api?.responses.get(fault.type);
  const response = own ?? api?.responses.get(fallback);
  const [[type, template] = ['application/json', DEFAULT_TEMPLATE]] = Object.entries(response?.templates ?? {}).sort(
    ([a], [b]) => Number(b === 'application/json') - Number(a === 'application/json'),
  );
  const mapped = Object.entries(response?.headers ?? {}).flatMap(([name, value]) => {
    const text = headerValue(value, context, fault);
    // What maps a header the call does not have is left out.
    return text === undefined ? [] : [[name, text] as const];
  });
  const defaults = [
    ['Content-Type', type],
    ['x-amzn-RequestId', context.requestId],
    ['x-amz-apigw-id', context.extendedRequestId],
    ['x-amzn-ErrorType', errorTypeOf(fault.type)],
  ] as const;
  const names = new Set(mapped.map(([name]) => name.toLowerCase()));

  return {
    status: response?.statusCode ?? fault.status,
    headers: [...defaults.filter(([name]) => !names.has(name.toLowerCase())), ...mapped],
    body: render(template, context, fault),
  };
}

/** Throws `TemplateError` for what a template or a header may not name here. */
export function checkResponse(headers: Readonly<Record<string, string>>, templates: Readonly<Record<string, string>>) {
  for (const template of Object.values(templates)) {
    if (/^\s*#|\$(input|util|stageVariables)\b/m.test(template)) {
      throw new TemplateError('a gateway response template knows $context variables only');
    }
    for (const [, plain, braced] of template.matchAll(REFERENCE)) checkVariable(plain ?? braced ?? '');
  }
  for (const value of Object.values(headers)) {
    if (isStatic(value) || REQUEST_HEADER.test(value)) continue;
    const [, name] = /^context\.(.+)$/.exec(value) ?? [];
    if (name === undefined) throw new TemplateError(`a gateway response header cannot be ${value} here`);
    checkVariable(name);
  }
}

function checkVariable(name: string): void {
  if (Object.hasOwn(VARIABLES, name)) return;
  throw new TemplateError(`$context.${name} is not known here; known: ${Object.keys(VARIABLES).join(', ')}`);
}

function render(template: string, context: ResponseContext, fault: GatewayFault): string {
  return template.replaceAll(REFERENCE, (_, plain?: string, braced?: string) =>
    (VARIABLES[plain ?? braced ?? ''] as Variable)(context, fault),
  );
}

function headerValue(value: string, context: ResponseContext, fault: GatewayFault): string | undefined {
  if (isStatic(value)) return value.slice(1, -1);
  const [, header] = REQUEST_HEADER.exec(value) ?? [];
  if (header !== undefined) return context.header?.(header);

  return (VARIABLES[value.replace(/^context\./, '')] as Variable)(context, fault);
}

/** `'text'` in quotes. */
function isStatic(value: string): boolean {
  return /^'.*'$/s.test(value);
}
