import { setTimeout as sleep } from 'node:timers/promises';
import { answerableApis } from '../../core/apic/answerable-apis.ts';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { backendAnswer, MAX_REPLY_BYTES } from '../../core/apic/backend-answer.ts';
import { type BackendRequest, backendRequests } from '../../core/apic/backend-request.ts';
import type { HttpBackend } from '../../core/apic/http-backend.ts';
import { type AppCredential, sign } from '../../core/apic/signature.ts';
import { Refusal } from '../../core/errors.ts';
import { AddressRefused } from '../shared/address-guard.ts';
import { type ApiCall, type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { type GuardedReply, guardedExchange, HttpFailed } from '../shared/guarded-exchange.ts';
import { signatureKey } from '../shared/signature-keys.ts';

export interface BackendPorts {
  readonly exchange: typeof guardedExchange;
  /** @throws Refusal `APIC.0705` */
  readonly key: (name: string) => Promise<AppCredential>;
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Kept free, in milliseconds, to answer before the chain says that the time is over. */
const RESERVE_MS = 800;
const PAUSE_MS = 100;
/** Another attempt may do better. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
/** Asked twice, they do what they do once. RFC 9110, 9.2.2 */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export const handler = httpApiHandler(readDefinitions<ApiDefinitions>(), {
  exchange: guardedExchange,
  key: signatureKey,
  pause: sleep,
  environment: process.env,
});

/** Answers calls of a group's HTTP APIs with what their backends answer. */
export function httpApiHandler(definitions: GroupRules, ports: BackendPorts): ApiHandler {
  const apis = new Map(
    answerableApis(definitions)
      .filter(isHttp)
      .map((api) => [api.name, { ...api, requestOf: backendRequests(api, identitiesOf(api, definitions)) }]),
  );

  return apiHandler(async (call) => {
    const api = apis.get(call.api);
    if (api === undefined) {
      throw new Refusal('APIC.0103', { detail: { reason: `this function has no HTTP backend for ${call.api}` } });
    }
    const { response, body } = await attempts(api.backend, api.requestOf(call), call, ports);
    const { rawHeaders: raw } = response;
    const headers = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));

    return backendAnswer({ status: response.statusCode ?? 0, headers, body });
  }, definitions);
}

async function attempts(
  backend: HttpBackend,
  request: BackendRequest,
  { log, remainingMs }: ApiCall,
  { exchange, key, pause, environment }: BackendPorts,
): Promise<GuardedReply> {
  const url = urlOf(backend, request, environment);
  const repeatable = REPEATABLE.has(request.method);
  const covered = new Set(['content-type', 'x-request-id', ...headersFor(backend)]);
  const credential = backend.signatureKey === undefined ? undefined : await key(backend.signatureKey);
  for (let attempt = 0; ; attempt += 1) {
    const timeMs = Math.min(backend.timeoutMs, remainingMs() - RESERVE_MS);
    const isLast = attempt >= backend.retries || remainingMs() - RESERVE_MS - timeMs < PAUSE_MS;
    const reason = await exchange(
      { ...request, url, headers: { ...request.headers, ...signatureOf(request, url, covered, credential) } },
      { timeMs, maxBytes: MAX_REPLY_BYTES, keep: repeatable },
      backend.ca === undefined ? {} : { ca: backend.ca },
    ).then(
      (reply) =>
        !isLast && repeatable && PASSING.has(reply.response.statusCode ?? 0) ? reply.response.statusCode : reply,
      (error: Error) => {
        // What was not sent was not done either.
        if (isLast || !(error instanceof HttpFailed) || error.kind === 'too-large' || (error.sent && !repeatable)) {
          throw refusalOf(error);
        }

        return error.message;
      },
    );
    if (typeof reason === 'object') {
      return reason;
    }
    log.warn('the backend is asked again', { reason, attempt: attempt + 1 });
    await pause(PAUSE_MS);
  }
}

function urlOf(
  { address }: HttpBackend,
  { target }: BackendRequest,
  environment: Readonly<Record<string, string | undefined>>,
): URL {
  const text = 'value' in address ? address.value : environment[address.environment];
  const url = URL.parse(`${text?.replace(/\/$/, '')}${target}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Refusal('APIC.0601', { detail: { reason: "the backend's address is no URL of http or https" } });
  }

  return url;
}

/** Those that the API's author gives it: a backend goes by them. */
function headersFor({ parameters }: HttpBackend): readonly string[] {
  return parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name.toLowerCase());
}

/** Anew at each attempt: a signature has a date. */
function signatureOf(
  { method, headers, body }: BackendRequest,
  url: URL,
  names: ReadonlySet<string>,
  credential: AppCredential | undefined,
): Record<string, string> {
  if (credential === undefined) {
    return {};
  }
  const covered = Object.entries(headers).filter(([name]) => names.has(name));

  return sign(
    { method, url, headers: Object.fromEntries(covered), ...(body !== undefined && { body }) },
    credential,
    new Date(),
  );
}

function refusalOf(error: Error): Error {
  const detail = { reason: error.message };
  if (error instanceof AddressRefused) {
    return new Refusal('APIC.0404', { detail });
  }
  if (!(error instanceof HttpFailed)) {
    return error;
  }
  if (error.kind === 'late') {
    return new Refusal('APIC.0203', { detail });
  }

  return new Refusal(error.kind === 'no-host' ? 'APIC.0605' : 'APIC.0202', { detail, cause: error });
}

/** Headers a custom authorizer knows its callers by. */
function identitiesOf({ authorizer }: ApiDefinition, { authorizers = [] }: GroupRules): readonly string[] {
  const identities = authorizers.find(({ name }) => name === authorizer)?.identities ?? [];

  return identities.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase());
}

function isHttp(api: ApiDefinition): api is ApiDefinition & { readonly backend: HttpBackend } {
  return api.backend.kind === 'http';
}
