import { Refusal } from '../errors.ts';
import { canonicalQuery, type SignableRequest } from './canonical-request.ts';

/** The longest URI every front takes (CloudFront: 8,192 bytes). D:AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits */
export const MAX_URI_BYTES = 8_192;
/**
 * All headers together, as `name: value` lines. The gateway itself refuses beyond 20,480, in words that cannot be chosen; its own
 * additions (`X-Forwarded-…`, `X-Amzn-…`) count here too. D:apigateway/latest/developerguide/api-gateway-execution-service-limits-table
 */
export const MAX_HEADER_BYTES = 16_384;

/** @throws Refusal `APIC.0201` 414 or 494 for what is longer than it may be; of what gets past the gateway */
export function checkRequestSize({ path, query, headers }: SignableRequest): void {
  const uri = Buffer.byteLength(path) + Buffer.byteLength(canonicalQuery(query)) + 1;
  if (uri > MAX_URI_BYTES) {
    throw new Refusal('APIC.0201/414', { detail: { bytes: uri, allowed: MAX_URI_BYTES } });
  }
  const size = headers.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 4, 0);
  if (size > MAX_HEADER_BYTES) {
    throw new Refusal('APIC.0201/494', { detail: { bytes: size, allowed: MAX_HEADER_BYTES } });
  }
}
