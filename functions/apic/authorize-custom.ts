import { randomBytes } from 'node:crypto';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { apiAt } from '../../core/apic/cors.ts';
import {
  authorizerRequest,
  type CustomAuthorizer,
  type CustomDecision,
  customDecision,
  identityProblem,
} from '../../core/apic/custom-authorizer.ts';
import { type Verdict, verdictContext } from '../../core/apic/verdict.ts';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { allowMethod } from '../shared/allow-method.ts';
import type { CustomQuestion } from '../shared/ask-custom-authorizer.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { signableRequest } from '../shared/gateway-event.ts';
import { type Logger, logger } from '../shared/logger.ts';
import { scriptHost } from '../shared/script/script-host.ts';
import { createScriptRunner, type ScriptRunner } from '../shared/script/script-runner.ts';
import { scriptVariables } from '../shared/script/script-variables.ts';

type Event = APIGatewayRequestAuthorizerEvent | CustomQuestion;

export const handler = customAuthorizerHandler(
  readDefinitions<ApiDefinitions>(),
  createScriptRunner({ folder: environment('LAMBDA_TASK_ROOT'), variables: scriptVariables, host: scriptHost }),
);

/** What callers are told of every denial, whatever the reason. */
const REFUSED = 'Incorrect authentication information: frontend authorizer';

/**
 * Asks a script of the integration whether a call may pass: as the gateway's authorizer, or, where the script wants the body too, on behalf of
 * the function that has it. What goes wrong denies.
 */
export function customAuthorizerHandler({ apis, authorizers = [] }: ApiDefinitions, runner: ScriptRunner) {
  async function judge(question: CustomQuestion, context: Context): Promise<Verdict> {
    const { request, resource, body } = question;
    const api = apiAt(apis, resource, request.method);
    const authorizer = authorizers.find(({ name }) => name === api?.authorizer);
    // What the gateway repeats for other calls cannot be the id of one.
    const requestId =
      (authorizer?.cacheSeconds ?? 0) > 0 ? '' : (question.requestId ?? randomBytes(16).toString('hex'));
    const log = logger.child({ requestId, api: api?.name ?? '', method: request.method, path: request.path });
    const judged = { requestId, api: api?.name ?? '', app: '', body: { kind: 'none' } as const };
    const decision = await decide({ api, authorizer, question, body, runner, log, context });
    if (decision.status === 'allow') {
      return { ...judged, verdict: 'allow', context: decision.context };
    }
    log.warn('call denied', { code: 'APIC.0305', reason: decision.reason });

    return { ...judged, verdict: 'deny', refusal: new Refusal('APIC.0305', { message: REFUSED }) };
  }

  return async (event: Event, context: Context): Promise<APIGatewayAuthorizerResult | Record<string, string>> => {
    if (!('methodArn' in event)) {
      return verdictContext(await judge(event, context));
    }
    const verdict = await judge({ request: signableRequest(event), resource: event.resource }, context);

    return allowMethod(event, 'custom', verdictContext(verdict));
  };
}

interface Deciding {
  readonly api: ApiDefinition | undefined;
  readonly authorizer: CustomAuthorizer | undefined;
  readonly question: CustomQuestion;
  readonly body: string | undefined;
  readonly runner: ScriptRunner;
  readonly log: Logger;
  readonly context: Context;
}

async function decide({ api, authorizer, question, body, runner, log, context }: Deciding): Promise<CustomDecision> {
  const { request, resource } = question;
  try {
    if (api === undefined || authorizer === undefined) {
      throw new InvalidSetting('definitions.json', `${request.method} ${resource}`, 'a route with a custom authorizer');
    }
    const problem = identityProblem(authorizer, request);
    if (problem !== undefined) {
      return { status: 'deny', reason: problem };
    }
    const sent = authorizer.sendBody ? Buffer.from(body ?? '', 'base64') : undefined;
    const answer = await runner.run({
      script: authorizer.script,
      data: { method: 'POST', uri: '/', headers: {}, param: {}, body: authorizerRequest(authorizer, request, sent) },
      limits: authorizer.limits,
      remainingMs: context.getRemainingTimeInMillis(),
      log,
    });

    return customDecision(answer.body);
  } catch (error) {
    log.error('call not judged', { error });

    return { status: 'deny', reason: 'the custom authorizer failed' };
  }
}
