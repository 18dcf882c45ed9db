import { awsRequest, configuredEndpoint, type RequestLimits, regionOfFunction } from './aws-request.ts';

/** One of AWS's APIs that take JSON, by the ways its SDK names it. */
export interface JsonApi {
  /** As the credential scope and the address have it: `dynamodb`. */
  readonly service: string;
  /** As its variable has it: `AWS_ENDPOINT_URL_<NAME>`. */
  readonly endpoint: string;
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

/**
 * One call of such an API, without the SDK's client: that is many times the code of a function, which has to be loaded before its first answer,
 * and three times the processor time of a call.
 *
 * @throws AwsRequestFailed, whose name is the API's own: `ResourceNotFoundException`
 */
export async function jsonCall(
  api: JsonApi,
  operation: string,
  input: object,
  limits: RequestLimits = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { service, endpoint, target, version } = api;
  const url = new URL('/', configuredEndpoint(endpoint) ?? `https://${service}.${regionOfFunction()}.amazonaws.com`);
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': `${target}.${operation}` };
  const request = { method: 'POST' as const, url, headers, body: JSON.stringify(input) };
  const answer = await awsRequest({ service, refusal }, request, limits);

  return answer.length === 0 ? {} : (JSON.parse(answer.toString('utf8')) as Readonly<Record<string, unknown>>);
}

/** `{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": …}` */
function refusal(status: number, body: string) {
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    // A proxy's page, not the API's answer: its status says enough.
  }
  const name = String(answer['__type'] ?? '')
    .split('#')
    .at(-1);

  return {
    name: name || 'UnknownError',
    message: String(answer['message'] ?? answer['Message'] ?? `status ${status}`),
  };
}
