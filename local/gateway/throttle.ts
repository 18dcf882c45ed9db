import type { MethodThrottling, Stage } from './gateway-part.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A stage's throttling: a token bucket per method of a resource, filled at the rate and as deep as the burst.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export class Throttle {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  take(restApiId: string, stage: Stage, resourcePath: string, httpMethod: string): boolean {
    const limit = limitFor(stage.throttling, resourcePath, httpMethod);
    if (limit === undefined) return true;
    const key = `${restApiId}/${stage.name}/${httpMethod}${resourcePath}`;
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: limit.burstLimit, at: now };
    this.#buckets.set(key, bucket);
    bucket.tokens = Math.min(limit.burstLimit, bucket.tokens + ((now - bucket.at) / 1000) * limit.rateLimit);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;

    return true;
  }
}

/** The setting that names the method most closely. */
function limitFor(
  settings: readonly MethodThrottling[],
  resourcePath: string,
  httpMethod: string,
): MethodThrottling | undefined {
  const fits = (path: string, method: string) =>
    settings.find((setting) => setting.resourcePath === path && setting.httpMethod === method);

  return fits(resourcePath, httpMethod) ?? fits(resourcePath, '*') ?? fits('/*', '*');
}
