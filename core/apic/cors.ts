import type { ApiDefinition, ApiDefinitions, ApiMethod } from './api-definition.ts';
import { SCHEME_HEADERS, schemesOf } from './app-schemes.ts';
import { headerValue, type Pairs } from './canonical-request.ts';

/** Which pages of other origins may call, and how (https://fetch.spec.whatwg.org/#http-cors-protocol). */
export interface CorsRules {
  /** `https://app.example.com`; `*` alone lets any page call. */
  readonly origins: readonly string[];
  /** What they may send beside what every page may. */
  readonly headers: readonly string[];
  /** How long a browser need not ask again. */
  readonly maxAgeSeconds: number;
}

type Headers = Readonly<Record<string, string>>;

/** What callers of this platform sign and send. */
export const CALL_HEADERS: readonly string[] = [
  'Authorization',
  'Content-Type',
  'X-Apig-AppCode',
  'X-Sdk-Content-Sha256',
  'X-Sdk-Date',
  'X-Stage',
];
/** What a page may read of an answer beside its body. */
export const EXPOSED_HEADERS = 'X-Request-Id';

/** Of Signature Version 4. */
const IAM_HEADERS: readonly string[] = ['Authorization', 'X-Amz-Content-Sha256', 'X-Amz-Date', 'X-Amz-Security-Token'];
const ANY_METHODS: readonly string[] = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'];
const ANY_ORIGIN = '*';

/** The API of a method and a resource path, as the gateway chooses: the method itself before ANY. */
export function apiAt<Api extends { readonly path: string; readonly method: ApiMethod }>(
  apis: readonly Api[],
  resource: string,
  method: string,
): Api | undefined {
  const here = apis.filter(({ path }) => path === resource);

  return here.find((api) => api.method === method) ?? here.find((api) => api.method === 'ANY');
}

/** The headers of an answer, refusals included: without them a page learns nothing, not even that it was refused. */
export function answerHeaders(rules: CorsRules, request: Pairs): Headers {
  const origin = headerValue(request, 'origin');
  if (rules.origins.includes(ANY_ORIGIN)) {
    return { 'Access-Control-Allow-Origin': ANY_ORIGIN, 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
  }
  if (origin === undefined || !rules.origins.includes(origin)) {
    return { Vary: 'Origin' };
  }

  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS, Vary: 'Origin' };
}

/**
 * The headers that answer a browser's question whether a page may call; undefined where no API of the path takes calls of pages.
 * A page of another origin gets none that allow: the browser then stops it, and says why.
 */
export function preflightHeaders(
  { cors, apis }: ApiDefinitions,
  resource: string,
  request: Pairs,
): Headers | undefined {
  const here = apis.filter((api) => api.cors === true && api.path === resource);
  if (cors === undefined || here.length === 0) {
    return undefined;
  }
  const { 'Access-Control-Expose-Headers': _, ...answer } = answerHeaders(cors, request);
  if (answer['Access-Control-Allow-Origin'] === undefined) {
    return answer;
  }

  return {
    ...answer,
    'Access-Control-Allow-Methods': methodsOf(here).join(', '),
    'Access-Control-Allow-Headers': [...new Set([...cors.headers, ...here.flatMap(headersOf)])].join(', '),
    'Access-Control-Max-Age': String(cors.maxAgeSeconds),
  };
}

function methodsOf(apis: readonly ApiDefinition[]): readonly string[] {
  const methods = apis.map(({ method }) => method);

  return methods.includes('ANY') ? ANY_METHODS : methods.toSorted();
}

/** What an API reads from headers: its parameters, and who calls. */
function headersOf({ auth, parameters, ...rules }: ApiDefinition): string[] {
  const schemes = auth === 'app' ? schemesOf(rules) : [];
  const signed = auth === 'iam' ? IAM_HEADERS : [];
  const names = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);

  return [...signed, ...schemes.flatMap((scheme) => SCHEME_HEADERS[scheme]), ...names];
}
