import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { Refusal } from '../../core/errors.ts';
import { answerLog } from './middleware/answer-log.ts';
import { backendCheck } from './middleware/backend-check.ts';
import { bodyCheck } from './middleware/body-check.ts';
import type { ApiCall, CallContext, CallMiddleware } from './middleware/call-state.ts';
import { corsHeaders } from './middleware/cors-headers.ts';
import { customCheck } from './middleware/custom-check.ts';
import { explainedRefusals } from './middleware/explained-refusal.ts';
import { receiveCall } from './middleware/receive-call.ts';
import { refusalBodies } from './middleware/refusal-body.ts';
import { requestSize } from './middleware/request-size.ts';
import { verdictCheck } from './middleware/verdict-check.ts';

export type { ApiCall } from './middleware/call-state.ts';

export interface ApiAnswer {
  readonly status: number;
  /** JSON text, unless `headers` say otherwise. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`, of which an answer may have several. */
  readonly cookies?: readonly string[];
  /** The body is base64 of bytes. */
  readonly base64?: boolean;
}

export type ApiHandler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Kept free, in milliseconds, to answer before Lambda ends the function, which would be an answer without a body of ours. */
const ANSWER_RESERVE_MS = 300;

type Run = (call: ApiCall) => Promise<ApiAnswer>;
/** What of its group's definitions the chain goes by. */
export type GroupRules = Pick<ApiDefinitions, 'cors' | 'apis' | 'unpublished' | 'authorizers'>;

const NO_RULES: GroupRules = { apis: [] };

/**
 * A handler for calls of APIs, behind the chain all of them share: the request's size, the authorizer's verdict, the body's hash, then `run`. A
 * refusal becomes the reference's body; anything else that is thrown 500 `APIC.0601`, its details in the log only. Every answer has
 * `X-Request-Id`, what lets pages of other origins read it where they may, and one line in the log.
 */
export function apiHandler(run: Run, group: GroupRules = NO_RULES): ApiHandler {
  return chain(
    [
      answerLog(),
      corsHeaders(group),
      refusalBodies(),
      explainedRefusals(group),
      requestSize(),
      verdictCheck(group),
      customCheck(group),
      bodyCheck(group),
      backendCheck(group),
      receiveCall(),
    ],
    run,
  );
}

/** A handler for routes without an authorizer: what it answers, anyone may see. */
export function openHandler(run: Run, group: GroupRules = NO_RULES): ApiHandler {
  return chain([answerLog(), corsHeaders(group), refusalBodies(), requestSize(), receiveCall()], run);
}

function chain(middlewares: CallMiddleware[], run: Run): ApiHandler {
  const handler = async (_event: APIGatewayProxyEvent, { call }: CallContext): Promise<APIGatewayProxyResult> => {
    const { status, body, headers, cookies = [], base64 = false } = await run(call);

    return {
      ...{ statusCode: status, body, headers: { ...headers } },
      ...(cookies.length > 0 && { multiValueHeaders: { 'Set-Cookie': [...cookies] } }),
      ...(base64 && { isBase64Encoded: true }),
    };
  };
  const chained = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, CallContext>(handler, {
    timeoutEarlyInMillis: ANSWER_RESERVE_MS,
    timeoutEarlyResponse: () => {
      throw new Refusal('APIC.0203', { detail: { reason: 'the function has no time left' } });
    },
  }).use(middlewares);

  return (event, context) => chained(event, context as CallContext);
}
