import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { AuthorizerContext } from '../../../core/apic/custom-authorizer.ts';
import type { Explanation } from '../../../core/apic/explain-refusal.ts';
import type { ReceivedCall } from '../../../core/apic/received-call.ts';
import type { BodyCover } from '../../../core/apic/verdict.ts';
import type { Refusal } from '../../../core/errors.ts';
import type { Logger } from '../logger.ts';

/** A call that may pass, as a handler gets it. */
export interface ApiCall extends ReceivedCall {
  readonly requestId: string;
  /** The API's name in its group. */
  readonly api: string;
  readonly method: string;
  /** As the caller sent it, behind stage or base path: `/parking/spaces/S-001`. */
  readonly uri: string;
  /** The gateway's resource path: `/parking/spaces/{deviceId}`. */
  readonly resource: string;
  /** Who calls; empty where anyone may. */
  readonly app: string;
  /** What a custom authorizer says of the caller, or the gateway of a principal of AWS; see `iam-caller.ts`. */
  readonly authorizer: AuthorizerContext;
  readonly log: Logger;
  /** Milliseconds the function has left. */
  readonly remainingMs: () => number;
}

/** What the middlewares of one call tell each other. */
export interface CallState extends Record<string, unknown> {
  /** 32 hexadecimal digits: in the answer and in every log line of the call. */
  requestId: string;
  /** Of the monotonic clock, in milliseconds. */
  startedAt: number;
  /** Empty until the verdict is read, and where there is none. */
  api: string;
  app: string;
  authorizer: AuthorizerContext;
  body: BodyCover;
  /** What the authorizer denies the call with. */
  denied: Refusal | undefined;
  /** Why the call was refused, where its API tells. */
  explanation?: Explanation;
}

/** Lambda's context, and from the last middleware on the call. */
export type CallContext = Context & { call: ApiCall };
export type CallRequest = Request<APIGatewayProxyEvent, APIGatewayProxyResult, Error, CallContext, CallState>;
export type CallMiddleware = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, Error, CallContext, CallState>;
