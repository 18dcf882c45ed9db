import { setTimeout as delay } from 'node:timers/promises';
import { defaultProvider } from './environment-credentials.ts';
import { type HttpReply, httpExchange } from './http-exchange.ts';
import { signRequest, type UnsignedRequest } from './sign-request.ts';

/** A refusal of an AWS API, or no answer from it; `name` is the API's own: `AccessDeniedException`. */
export class AwsRequestFailed extends Error {
  override readonly name: string;
  /** HTTP's; 0 when there was no answer. */
  readonly status: number;

  constructor(name: string, message: string, { status, cause }: { readonly status: number; readonly cause?: unknown }) {
    super(message, { cause });
    this.name = name;
    this.status = status;
  }
}

export interface AwsService {
  /** As the credential scope has it: `dynamodb`, `s3`. */
  readonly service: string;
  /** Names the refusal in an answer whose status is not 2xx. */
  readonly refusal: (status: number, body: string) => { readonly name: string; readonly message: string };
}

export interface RequestLimits {
  /** How often it is sent at most; 1 for what must not be done twice. */
  readonly attempts?: number;
  /** How long one answer may take. */
  readonly attemptMs?: number;
}

const ATTEMPTS = 3;
/** A lost connection is noticed long before whoever waits gives up. */
const ATTEMPT_MS = 3000;
const WAIT_MS = 100;
/** Refusals that may be gone a moment later, beside what the server itself calls its fault (5xx). */
const PASSING = /Throttl|TooManyRequests|ProvisionedThroughput|RequestLimit|SlowDown/;

/**
 * Sends one request that may be sent again: at most three times, for as long as the service or the network is at fault.
 *
 * @returns the body of a 2xx answer
 * @throws AwsRequestFailed
 */
export async function awsRequest(
  service: AwsService,
  request: UnsignedRequest,
  limits: RequestLimits = {},
): Promise<Buffer<ArrayBuffer>> {
  return (await awsExchange(service, request, limits.attemptMs, limits.attempts)).bytes;
}

/**
 * The same for a service whose answers have something to say in their headers.
 *
 * @param attemptMs how long one answer may take
 * @param attempts how often it is sent at most
 */
export async function awsExchange(
  { service, refusal }: AwsService,
  request: UnsignedRequest,
  attemptMs = ATTEMPT_MS,
  attempts = ATTEMPTS,
): Promise<HttpReply> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(service, refusal, request, attemptMs);
    } catch (error) {
      const { name, status } = error as AwsRequestFailed;
      const passing = status === 0 || status >= 500 || PASSING.test(name);
      if (!(error instanceof AwsRequestFailed) || !passing || attempt >= attempts) {
        throw error;
      }
    }
    await delay(WAIT_MS * 2 ** attempt * (0.5 + Math.random()));
  }
}

/** Where a service is: `AWS_ENDPOINT_URL_<NAME>`, `AWS_ENDPOINT_URL`, as all SDKs read them; undefined for AWS's own address. */
export function configuredEndpoint(name: string): string | undefined {
  return process.env[`AWS_ENDPOINT_URL_${name}`] ?? process.env['AWS_ENDPOINT_URL'];
}

export function regionOfFunction(): string {
  return process.env['AWS_REGION'] ?? 'us-east-1';
}

async function send(
  service: string,
  refusal: AwsService['refusal'],
  request: UnsignedRequest,
  milliseconds: number,
): Promise<HttpReply> {
  const { method, url, body } = request;
  const credentials = await defaultProvider()();
  const headers = signRequest(request, {
    service,
    region: regionOfFunction(),
    credentials,
    now: new Date(),
  });
  const reply = await httpExchange(url, { method, headers, body, milliseconds }).catch((cause: unknown) => {
    throw new AwsRequestFailed('NoAnswer', `${service} does not answer`, { status: 0, cause });
  });
  const { status, bytes } = reply;
  if (status < 200 || status > 299) {
    const { name, message } = refusal(status, bytes.toString('utf8'));
    throw new AwsRequestFailed(name, message, { status });
  }

  return reply;
}
