import type { LambdaEngine } from '../engines.ts';
import { evaluate } from '../iam/evaluate.ts';
import { readPolicy, type Statement } from '../iam/policy.ts';
import { GatewayFault } from './gateway-fault.ts';
import type { GatewayAuthorizer, IdentitySource } from './gateway-part.ts';
import { type GatewayRequest, headerOf } from './gateway-request.ts';
import { LIMITS } from './limits.ts';
import { type AuthorizerContext, authorizerEvent, executeArn, methodArn } from './proxy-event.ts';
import type { Route } from './route-tree.ts';

interface Answer {
  readonly statements: readonly Statement[];
  readonly context: AuthorizerContext;
}

interface Cached {
  readonly answer: Answer;
  readonly askedAt: number;
  readonly until: number;
}

/** Ours: AWS does not say how much it remembers. Whoever makes up identities must not fill the memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Asks REQUEST authorizers and remembers their answers for as long as each of them wants: by API, stage and the values of all identity sources,
 * nothing else of a call. Faults are not remembered. A changed authorizer begins anew.
 */
export class Authorizers {
  readonly #lambda: Pick<LambdaEngine, 'invoke'>;
  readonly #now: () => number;
  readonly #caches = new WeakMap<GatewayAuthorizer, Map<string, Cached>>();

  constructor(lambda: Pick<LambdaEngine, 'invoke'>, now: () => number) {
    this.#lambda = lambda;
    this.#now = now;
  }

  /** The context for the integration. Throws `GatewayFault`. */
  async authorize(authorizer: GatewayAuthorizer, request: GatewayRequest, route: Route): Promise<AuthorizerContext> {
    const identity = authorizer.identitySources.map((source) => identityOf(source, request));
    if (identity.some((value) => value === undefined || value === '')) throw new GatewayFault('UNAUTHORIZED');

    const key = JSON.stringify([request.api.id, request.stage.name, ...identity]);
    const answer = this.#remembered(authorizer, key) ?? (await this.#askToRemember(authorizer, key, request, route));
    judge(answer, request);

    return answer.context;
  }

  #cacheOf(authorizer: GatewayAuthorizer): Map<string, Cached> {
    const cache = this.#caches.get(authorizer) ?? new Map<string, Cached>();
    this.#caches.set(authorizer, cache);

    return cache;
  }

  #remembered(authorizer: GatewayAuthorizer, key: string): Answer | undefined {
    const cached = this.#cacheOf(authorizer).get(key);

    return cached !== undefined && cached.until > this.#now() ? cached.answer : undefined;
  }

  /** Of answers that overtake each other the one to the later question counts, and none for longer than its time from when it was asked for. */
  async #askToRemember(authorizer: GatewayAuthorizer, key: string, request: GatewayRequest, route: Route) {
    const askedAt = this.#now();
    const answer = await this.#ask(authorizer, request, route);
    const cache = this.#cacheOf(authorizer);
    if (authorizer.ttlSeconds > 0 && (cache.get(key)?.askedAt ?? 0) <= askedAt) {
      cache.delete(key);
      cache.set(key, { answer, askedAt, until: askedAt + authorizer.ttlSeconds * 1000 });
      for (const oldest of cache.keys()) {
        if (cache.size <= MAX_REMEMBERED) break;
        cache.delete(oldest);
      }
    }

    return answer;
  }

  async #ask(authorizer: GatewayAuthorizer, request: GatewayRequest, route: Route): Promise<Answer> {
    const started = this.#now();
    const caller = {
      service: 'apigateway.amazonaws.com',
      sourceArn: executeArn(`${request.api.id}/authorizers/${authorizer.id}`),
    };
    const invocation = this.#lambda
      .invoke(authorizer.functionArn, authorizerEvent(request, route), { caller })
      .catch((cause: unknown) => {
        throw new GatewayFault('AUTHORIZER_CONFIGURATION_ERROR', { cause });
      });
    const { payload, functionError } = await within(
      invocation,
      // Ours: AWS states no time for authorizers but that of every integration.
      LIMITS.integrationMillis.maximum,
      () => new GatewayFault('AUTHORIZER_FAILURE'),
    );
    if (functionError === undefined) return readAnswer(payload, this.#now() - started);
    if ((payload as { errorMessage?: unknown } | null)?.errorMessage === 'Unauthorized') {
      throw new GatewayFault('UNAUTHORIZED');
    }

    throw new GatewayFault('AUTHORIZER_FAILURE', { cause: payload });
  }
}

/** Whatever does not come in time is a fault; what comes later is nobody's. */
export async function within<T>(promise: Promise<T>, milliseconds: number, fault: () => GatewayFault): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(fault()), milliseconds).unref();
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}

function judge({ statements }: Answer, request: GatewayRequest): void {
  const keys = { 'aws:SourceIp': request.sourceIp };
  const verdict = evaluate(statements, { action: 'execute-api:Invoke', resource: methodArn(request), keys });
  if (verdict === 'allowed') return;
  const suffix = verdict === 'explicitly denied' ? ' with an explicit deny' : '';

  throw new GatewayFault('ACCESS_DENIED', { message: `User is not authorized to access this resource${suffix}` });
}

function readAnswer(payload: unknown, latency: number): Answer {
  const fault = (reason: string) => new GatewayFault('AUTHORIZER_CONFIGURATION_ERROR', { cause: reason });
  if (typeof payload !== 'object' || payload === null) throw fault('the authorizer answered no object');
  const { principalId, policyDocument, context = {} } = payload as Readonly<Record<string, unknown>>;
  if (typeof principalId !== 'string' || principalId === '') throw fault('the authorizer answered no principalId');
  if (typeof context !== 'object' || context === null) throw fault('the context is no object');
  const wrong = Object.entries(context).find(([, value]) => !['string', 'number', 'boolean'].includes(typeof value));
  if (wrong !== undefined) throw fault(`context.${wrong[0]} is neither text, number nor truth value`);
  const values = Object.entries(context).map(([name, value]) => [name, String(value)]);

  return {
    statements: readStatements(policyDocument, fault),
    context: { ...Object.fromEntries(values), principalId, integrationLatency: String(Math.round(latency)) },
  };
}

function readStatements(document: unknown, fault: (reason: string) => GatewayFault): readonly Statement[] {
  let statements: readonly Statement[];
  try {
    statements = readPolicy('the authorizer’s policy', document);
  } catch (error) {
    throw fault(error instanceof Error ? error.message : String(error));
  }
  const resources = statements.flatMap((statement) => statement.resources?.values ?? []);
  if (resources.some((resource) => resource.length > LIMITS.policyResourceCharacters)) {
    throw fault(`a policy's resource has at most ${LIMITS.policyResourceCharacters} characters`);
  }

  return statements;
}

function identityOf({ from, name }: IdentitySource, request: GatewayRequest): string | undefined {
  switch (from) {
    case 'header':
      return headerOf(request, name);
    case 'querystring':
      return request.query.findLast(([one]) => one === name)?.[1];
    case 'stageVariables':
      return request.stage.variables[name];
    case 'context':
      return CONTEXT[name]?.(request);
  }
}

/** The context variables that can be identity sources here; the resource refuses others by name. */
export const CONTEXT: Readonly<Record<string, (request: GatewayRequest) => string>> = {
  httpMethod: ({ httpMethod }) => httpMethod,
  path: ({ fullPath }) => fullPath,
  stage: ({ stage }) => stage.name,
  'identity.sourceIp': ({ sourceIp }) => sourceIp,
};
