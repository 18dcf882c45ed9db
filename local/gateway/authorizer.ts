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
  readonly until: number;
}

/** Asks REQUEST authorizers and remembers their answers for as long as each of them wants. */
export class Authorizers {
  readonly #lambda: Pick<LambdaEngine, 'invoke'>;
  readonly #now: () => number;
  readonly #cache = new Map<string, Cached>();

  constructor(lambda: Pick<LambdaEngine, 'invoke'>, now: () => number) {
    this.#lambda = lambda;
    this.#now = now;
  }

  /** The context for the integration. Throws `GatewayFault`. */
  async authorize(authorizer: GatewayAuthorizer, request: GatewayRequest, route: Route): Promise<AuthorizerContext> {
    const identity = authorizer.identitySources.map((source) => identityOf(source, request));
    if (identity.some((value) => value === undefined || value === '')) throw new GatewayFault('UNAUTHORIZED');

    const key = JSON.stringify([request.api.id, request.stage.name, authorizer.id, ...identity]);
    const answer = this.#remembered(key) ?? (await this.#ask(authorizer, request, route));
    if (authorizer.ttlSeconds > 0 && !this.#cache.has(key)) {
      this.#cache.set(key, { answer, until: this.#now() + authorizer.ttlSeconds * 1000 });
    }
    judge(answer, request);

    return answer.context;
  }

  #remembered(key: string): Answer | undefined {
    const cached = this.#cache.get(key);
    if (cached === undefined || cached.until > this.#now()) return cached?.answer;
    this.#cache.delete(key);

    return undefined;
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
