import { Buffer } from 'node:buffer';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { ApiModel } from './api-model.ts';
import { GatewayFault } from './gateway-fault.ts';
import { type GatewayRequest, headerOf } from './gateway-request.ts';
import type { HttpAnswer } from './gateway-response.ts';

/**
 * What API Gateway keeps for itself and passes under another name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const REMAPPED = new Set(['connection', 'date', 'server', 'www-authenticate']);
/** Set by the gateway from the body it sends. */
const DROPPED = new Set(['content-length', 'transfer-encoding']);

/**
 * The HTTP answer a function's output asks for. Throws `GatewayFault` INTEGRATION_FAILURE for output that is malformed.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 */
export function proxyResponse(output: unknown, request: GatewayRequest): HttpAnswer {
  if (typeof output !== 'object' || output === null) throw malformed('the output is no object');
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded = false } = output as Record<string, unknown>;
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
    throw malformed('statusCode is no HTTP status');
  }
  if (body !== undefined && body !== null && typeof body !== 'string') throw malformed('body is no text');
  if (typeof isBase64Encoded !== 'boolean') throw malformed('isBase64Encoded is no truth value');

  const received = readHeaders(headers, multiValueHeaders);
  const names = new Set(received.map(([name]) => name.toLowerCase()));
  const own = [
    ['Content-Type', 'application/json'],
    ['x-amzn-RequestId', request.requestId],
    ['x-amz-apigw-id', request.extendedRequestId],
    ['X-Amzn-Trace-Id', request.traceHeader],
  ] as const;

  return {
    status,
    headers: [...own.filter(([name]) => !names.has(name.toLowerCase())), ...received],
    body: isBase64Encoded && wantsBinary(request) ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

/** Decoded only when the caller's first accepted type is one the API treats as binary. */
function wantsBinary(request: GatewayRequest & { readonly api: ApiModel }): boolean {
  return request.api.isBinary((headerOf(request, 'accept') ?? '').split(',')[0] ?? '');
}

/** A name in both maps has the values of `multiValueHeaders`. */
function readHeaders(headers: unknown, multiValueHeaders: unknown): readonly (readonly [string, string])[] {
  const multiple = Object.entries(object(multiValueHeaders, 'multiValueHeaders')).flatMap(([name, values]) => {
    if (!Array.isArray(values)) throw malformed(`multiValueHeaders.${name} is no list`);
    return values.map((value): readonly [string, string] => [name, text(name, value)]);
  });
  const names = new Set(multiple.map(([name]) => name.toLowerCase()));
  const single = Object.entries(object(headers, 'headers'))
    .filter(([name]) => !names.has(name.toLowerCase()))
    .map(([name, value]): readonly [string, string] => [name, text(name, value)]);

  return [...single, ...multiple]
    .filter(([name]) => !DROPPED.has(name.toLowerCase()))
    .map(([name, value]) => [REMAPPED.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name, value]);
}

function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(`${what} is no object`);

  return value as Readonly<Record<string, unknown>>;
}

function text(name: string, value: unknown): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw malformed(`header ${name} is no text`);
  try {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
  } catch {
    throw malformed(`header ${name} cannot be sent`);
  }

  return String(value);
}

function malformed(reason: string): GatewayFault {
  return new GatewayFault('INTEGRATION_FAILURE', { cause: `Malformed Lambda proxy response: ${reason}` });
}
