import { headerValues, type SignableRequest } from './canonical-request.ts';
import type { ScriptLimits } from './script/script-limits.ts';

/** A function of the integration that decides who may call, or what a backend gets to be called with. */
export interface CustomAuthorizer {
  readonly name: string;
  /** `backend`: asked after the caller was judged, about nothing of the caller's but, if wanted, the body. */
  readonly side?: 'backend';
  /** The file's name in the function's asset, below `scripts/`. */
  readonly script: string;
  readonly limits: ScriptLimits;
  /** What a decision depends on, and all the function sees of headers and query when there are any. */
  readonly identities: readonly IdentitySource[];
  /** Whether it gets the body: then the call's function asks it, because authorizers of the gateway see none. */
  readonly sendBody: boolean;
  /** Passed to it at every call. */
  readonly userData?: string;
  /** How long its decision may be repeated, by the gateway for the same identity, path and method, or for the same backend; 0: never. */
  readonly cacheSeconds: number;
}

export interface IdentitySource {
  readonly name: string;
  readonly in: 'header' | 'query';
  /** A regular expression the whole value must fit. */
  readonly validation?: string;
}

/** What the function gets under `body`, as the reference system hands it over. Names of headers are in lower case. */
export interface AuthorizerRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly user_data?: string;
}

/** What a decision brings along, for the backend. */
export type AuthorizerContext = Readonly<Record<string, unknown>>;

export type CustomDecision =
  | { readonly status: 'allow'; readonly context: AuthorizerContext }
  /** The reason is for the log. `once`: it went wrong, which says nothing of the caller's next call; such a denial is not to be repeated. */
  | { readonly status: 'deny'; readonly reason: string; readonly once?: true };

/** The gateway's limit for all of an authorizer's answer is 8 KB; our verdict needs some of it. */
const MAX_CONTEXT_BYTES = 4096;

/** Why a call cannot be asked about, if it cannot: what identifies its caller is missing, doubled, or not of the declared form. */
export function identityProblem({ identities }: CustomAuthorizer, request: SignableRequest): string | undefined {
  for (const source of identities) {
    const [value, ...more] = valuesOf(source, request);
    const where = `${source.in} ${source.name}`;
    if (value === undefined || value === '') {
      return `${where} is missing`;
    }
    // The gateway remembers a decision under one of them; the function might go by another.
    if (more.length > 0) {
      return `${where} comes several times`;
    }
    if (source.validation !== undefined && !new RegExp(`^(?:${source.validation})$`, 'u').test(value)) {
      return `${where} is not of the form ${source.validation}`;
    }
  }

  return undefined;
}

/** @param body when it is to be sent */
export function authorizerRequest(
  { identities, userData }: CustomAuthorizer,
  request: SignableRequest,
  body?: Uint8Array,
): AuthorizerRequest {
  const all = identities.length === 0;
  const seen = (place: IdentitySource['in'], name: string) =>
    all || identities.some((source) => source.in === place && nameOf(source) === name);
  const headers = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);

  return {
    headers: joined(headers.filter(([name]) => seen('header', name))),
    queryStringParameters: joined(request.query.filter(([name]) => seen('query', name))),
    ...(body !== undefined && { body: Buffer.from(body).toString('utf8') }),
    ...(userData !== undefined && { user_data: userData }),
  };
}

/** What the function of a backend is asked: nothing that identifies a caller, as in the reference system. */
export function backendRequest({ userData }: CustomAuthorizer, body?: Uint8Array): AuthorizerRequest {
  return {
    ...{ headers: {}, queryStringParameters: {} },
    ...(body !== undefined && { body: Buffer.from(body).toString('utf8') }),
    ...(userData !== undefined && { user_data: userData }),
  };
}

/** What callers are told of every denial, whatever the reason. */
export const FRONTEND_REFUSED = 'Incorrect authentication information: frontend authorizer';

/** Reads what the function answered: `{"status":"allow","context":{…}}`; anything else is a denial. */
export function customDecision(answer: string): CustomDecision {
  const { status, context = {} } = parsed(answer);
  if (status === 'deny') {
    return { status, reason: 'the custom authorizer denies' };
  }
  if (status !== 'allow') {
    return faulty('the custom authorizer answers neither allow nor deny');
  }
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    return faulty('the context of the custom authorizer is no object');
  }
  const bytes = Buffer.byteLength(JSON.stringify(context));
  if (bytes > MAX_CONTEXT_BYTES) {
    return faulty(`the context of the custom authorizer has ${bytes} bytes, of ${MAX_CONTEXT_BYTES}`);
  }

  return { status, context: context as AuthorizerContext };
}

function faulty(reason: string): CustomDecision {
  return { status: 'deny', reason, once: true };
}

function parsed(answer: string): { status?: unknown; context?: unknown } {
  try {
    const value: unknown = JSON.parse(answer);

    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function valuesOf(source: IdentitySource, request: SignableRequest): string[] {
  return source.in === 'header'
    ? headerValues(request.headers, nameOf(source))
    : request.query.filter(([name]) => name === source.name).map(([, value]) => value);
}

function nameOf({ name, in: place }: IdentitySource): string {
  return place === 'header' ? name.toLowerCase() : name;
}

function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const groups = Map.groupBy(pairs, ([name]) => name);

  return Object.fromEntries([...groups].map(([name, values]) => [name, values.map(([, value]) => value).join(', ')]));
}
