import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { exactOptional, safeParse, string, type ZodMiniType } from 'zod/mini';
import { InvalidSetting, Refusal, refusalBody } from '../../core/errors.ts';
import { logger } from './logger.ts';

export interface ManagementRequest<Body = undefined, Query = undefined> {
  /** The values of the path's `{parameters}`, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** Who calls: the IAM principal's ARN as the gateway verified it. */
  readonly caller: string;
  /** 32 hexadecimal digits; in the answer's `X-Request-Id` and in every log line of the call. */
  readonly requestId: string;
}

export interface ManagementAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Route<Body = undefined, Query = undefined> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The gateway's resource path: `/devices/{product}/{device}`. */
  readonly path: string;
  /** The JSON body's shape; without one, a body is ignored. */
  readonly body?: ZodMiniType<Body>;
  /** The query's shape; every value arrives as text. Without one, the query is ignored. */
  readonly query?: ZodMiniType<Query>;
  readonly handler: (request: ManagementRequest<Body, Query>) => Promise<ManagementAnswer>;
}

export type ManagementHandler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

/** What a table of routes holds: each checks its own request before its handler sees it. */
export interface CheckedRoute {
  readonly method: string;
  readonly path: string;
  readonly run: (event: APIGatewayProxyEvent, requestId: string) => Promise<ManagementAnswer>;
}

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

/** Fields of a list's query: spread them into its schema, read them with `pageOf`. */
export const pageQuery = { limit: exactOptional(string()), next: exactOptional(string()) };

/** How many items are asked for, 50 by default and 1 to 200 where nothing else is said, and from where. */
export function pageOf(query: { readonly limit?: string; readonly next?: string }, max = MAX_PAGE) {
  const limit = query.limit === undefined ? DEFAULT_PAGE : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw new InvalidSetting('limit', query.limit, `a whole number from 1 to ${max}`);
  }

  return query.next === undefined ? { limit } : { limit, next: query.next };
}

export function ok(body: unknown): ManagementAnswer {
  return { status: 200, body };
}

export function created(body: unknown): ManagementAnswer {
  return { status: 201, body };
}

/** One operation of the management API. */
export function route<Body = undefined, Query = undefined>(definition: Route<Body, Query>): CheckedRoute {
  const { method, path, body, query, handler } = definition;

  return {
    method,
    path,
    run: async (event, requestId) =>
      handler({
        path: pathOf(event),
        body: (body === undefined ? undefined : parsed('body', body, jsonOf(event))) as Body,
        query: (query === undefined ? undefined : parsed('query', query, queryOf(event))) as Query,
        caller: callerOf(event),
        requestId,
      }),
  };
}

/**
 * A handler for methods of the management API (AWS_IAM on the gateway: whoever arrives here has been authorised).
 * Refusals become `{error_msg, error_code, request_id}`; anything unforeseen is 500 `APIC.0601` with its details in the log only.
 */
export function managementHandler(routes: readonly CheckedRoute[]): ManagementHandler {
  const table = new Map(routes.map((entry) => [`${entry.method} ${entry.path}`, entry]));

  return async (event) => {
    const requestId = randomBytes(16).toString('hex');
    const startedAt = performance.now();
    const log = logger.child({ requestId });
    const call = { method: event.httpMethod, path: event.path, caller: callerOf(event) };
    try {
      const entry = table.get(`${event.httpMethod} ${event.resource}`);
      if (entry === undefined) {
        throw new Refusal('CAUSEWAY.0404', { message: `There is no ${event.httpMethod} ${event.path}.` });
      }
      const answer = await entry.run(event, requestId);
      log.info('management call', { ...call, status: answer.status, ms: since(startedAt) });

      return response(answer, requestId);
    } catch (error) {
      const refusal = refusalOf(error);
      const level = refusal.status >= 500 ? 'error' : 'warn';
      log[level]('management call', {
        ...call,
        status: refusal.status,
        code: refusal.code,
        ms: since(startedAt),
        error,
      });

      return response({ status: refusal.status, body: refusalBody(refusal, requestId) }, requestId);
    }
  };
}

function response({ status, body }: ManagementAnswer, requestId: string): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'X-Request-Id': requestId },
    body: JSON.stringify(body),
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) {
    return error;
  }
  if (error instanceof InvalidSetting) {
    return new Refusal('CAUSEWAY.0400', { message: error.message, cause: error });
  }
  return new Refusal('APIC.0601', { cause: error });
}

/** Values are never repeated in the message: one of them may be a password. */
function parsed<T>(place: string, schema: ZodMiniType<T>, value: unknown): T {
  const result = safeParse(schema, value);
  if (result.success) {
    return result.data;
  }
  const problems = result.error.issues.map((issue) => `${[place, ...issue.path].join('.')}: ${problemOf(issue)}`);

  throw new Refusal('CAUSEWAY.0400', { message: `The request is not valid: ${problems.join('; ')}.` });
}

type Issue = NonNullable<ReturnType<typeof safeParse>['error']>['issues'][number];

function problemOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.join(', ')} is not known here`;
  }
  if (issue.code === 'invalid_type') {
    return `${issue.expected} expected`;
  }
  return issue.message;
}

function jsonOf({ body, isBase64Encoded }: APIGatewayProxyEvent): unknown {
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString('utf8') : (body ?? '');
  if (text.trim() === '') {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal('CAUSEWAY.0400', { message: 'The body is not valid JSON.', cause });
  }
}

function queryOf({ queryStringParameters }: APIGatewayProxyEvent): Record<string, string> {
  return definedOf(queryStringParameters);
}

/** The gateway's pages do not say whether path parameters arrive decoded; no name of ours holds a percent sign, so decoding is safe both ways. */
function pathOf({ pathParameters }: APIGatewayProxyEvent): Record<string, string> {
  const entries = Object.entries(definedOf(pathParameters));
  try {
    return Object.fromEntries(entries.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch (cause) {
    throw new Refusal('CAUSEWAY.0400', {
      message: 'The path is not valid: a percent sign without its two digits.',
      cause,
    });
  }
}

function definedOf(values: Record<string, string | undefined> | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function callerOf({ requestContext }: APIGatewayProxyEvent): string {
  const { userArn, caller, accountId } = requestContext.identity;

  return userArn ?? caller ?? accountId ?? 'unknown';
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
