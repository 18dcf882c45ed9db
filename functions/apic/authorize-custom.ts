import { randomBytes } from 'node:crypto';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { apiAt } from '../../core/apic/cors.ts';
import {
  type AuthorizerRequest,
  authorizerRequest,
  backendRequest,
  type CustomAuthorizer,
  type CustomDecision,
  customDecision,
  FRONTEND_REFUSED,
  identityProblem,
} from '../../core/apic/custom-authorizer.ts';
import { type Verdict, verdictContext } from '../../core/apic/verdict.ts';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { allowMethod } from '../shared/allow-method.ts';
import type { BackendQuestion, CustomQuestion } from '../shared/ask-custom-authorizer.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { signableRequest } from '../shared/gateway-event.ts';
import { type Logger, logger } from '../shared/logger.ts';
import { scriptHost } from '../shared/script/script-host.ts';
import { createScriptRunner, type ScriptRunner } from '../shared/script/script-runner.ts';
import { scriptVariables } from '../shared/script/script-variables.ts';

type Event = APIGatewayRequestAuthorizerEvent | CustomQuestion | BackendQuestion;

/** The one error the gateway answers with 401, as it does where an identity is missing. It keeps no error, as it does keep a denial. */
class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
  override readonly message = 'Unauthorized';
}

export const handler = customAuthorizerHandler(
  readDefinitions<ApiDefinitions>(),
  createScriptRunner({ folder: environment('LAMBDA_TASK_ROOT'), variables: scriptVariables, host: scriptHost }),
);

const BACKEND_REFUSED = 'Incorrect authentication information: backend authorizer';

/**
 * Asks a script of the integration whether a call may pass: as the gateway's authorizer, or, where the script wants the body too, on behalf of
 * the function that has it. What goes wrong denies.
 */
export function customAuthorizerHandler({ apis, authorizers = [] }: ApiDefinitions, runner: ScriptRunner) {
  async function judge(question: CustomQuestion, context: Context): Promise<Verdict> {
    const { request, resource } = question;
    const api = apiAt(apis, resource, request.method);
    const authorizer = authorizers.find(({ name }) => name === api?.authorizer);
    // What the gateway repeats for other calls cannot be the id of one.
    const requestId =
      (authorizer?.cacheSeconds ?? 0) > 0 ? '' : (question.requestId ?? randomBytes(16).toString('hex'));
    const log = logger.child({ requestId, api: api?.name ?? '', method: request.method, path: request.path });
    const judged = { requestId, api: api?.name ?? '', app: '', body: { kind: 'none' } as const };
    const decision = await decide({ api, authorizer, question, runner, log, context });
    if (decision.status === 'allow') {
      return { ...judged, verdict: 'allow', context: decision.context };
    }
    log.warn('call denied', { code: 'APIC.0305', reason: decision.reason });
    if (decision.once && (authorizer?.cacheSeconds ?? 0) > 0) {
      throw new Unauthorized();
    }

    return { ...judged, verdict: 'deny', refusal: new Refusal('APIC.0305', { message: FRONTEND_REFUSED }) };
  }

  /** What a backend is called with: asked by the function that calls it, when the caller may call. */
  async function judgeBackend({ backend, body, requestId }: BackendQuestion, context: Context): Promise<Verdict> {
    const authorizer = authorizers.find(({ name, side }) => name === backend && side === 'backend');
    const log = logger.child({ requestId, backend });
    const judged = { requestId, api: '', app: '', body: { kind: 'none' } as const };
    const decision = await guarded(log, async () => {
      if (authorizer === undefined) {
        throw new InvalidSetting('definitions.json', backend, 'a custom authorizer of backends');
      }

      return run(authorizer, backendRequest(authorizer, bodyFor(authorizer, body)), { runner, log, context });
    });
    if (decision.status === 'allow') {
      return { ...judged, verdict: 'allow', context: decision.context };
    }
    log.warn('backend not called', { code: 'APIC.0305', reason: decision.reason });

    return { ...judged, verdict: 'deny', refusal: new Refusal('APIC.0305', { message: BACKEND_REFUSED }) };
  }

  return async (event: Event, context: Context): Promise<APIGatewayAuthorizerResult | Record<string, string>> => {
    if ('backend' in event) {
      return verdictContext(await judgeBackend(event, context));
    }
    if (!('methodArn' in event)) {
      return verdictContext(await judge(event, context));
    }
    const verdict = await judge({ request: signableRequest(event), resource: event.resource }, context);

    return allowMethod(event, 'custom', verdictContext(verdict));
  };
}

interface Running {
  readonly runner: ScriptRunner;
  readonly log: Logger;
  readonly context: Context;
}

interface Deciding extends Running {
  readonly api: ApiDefinition | undefined;
  readonly authorizer: CustomAuthorizer | undefined;
  readonly question: CustomQuestion;
}

async function decide({ api, authorizer, question, ...running }: Deciding): Promise<CustomDecision> {
  const { request, resource, body } = question;

  return guarded(running.log, async () => {
    if (api === undefined || authorizer === undefined) {
      throw new InvalidSetting('definitions.json', `${request.method} ${resource}`, 'a route with a custom authorizer');
    }
    const problem = identityProblem(authorizer, request);
    if (problem !== undefined) {
      return { status: 'deny', reason: problem, once: true };
    }

    return run(authorizer, authorizerRequest(authorizer, request, bodyFor(authorizer, body)), running);
  });
}

async function guarded(log: Logger, decision: () => Promise<CustomDecision>): Promise<CustomDecision> {
  try {
    return await decision();
  } catch (error) {
    log.error('call not judged', { error });

    return { status: 'deny', reason: 'the custom authorizer failed', once: true };
  }
}

function bodyFor({ sendBody }: CustomAuthorizer, body = ''): Uint8Array | undefined {
  return sendBody ? Buffer.from(body, 'base64') : undefined;
}

async function run(
  { script, limits }: CustomAuthorizer,
  body: AuthorizerRequest,
  { runner, log, context }: Running,
): Promise<CustomDecision> {
  const answer = await runner.run({
    script,
    data: { method: 'POST', uri: '/', headers: {}, param: {}, body },
    limits,
    remainingMs: context.getRemainingTimeInMillis(),
    log,
  });

  return customDecision(answer.body);
}
