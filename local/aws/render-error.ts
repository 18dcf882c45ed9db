import { AwsError } from '../errors.ts';
import type { AwsResponse } from './service.ts';

/**
 * An error as every JSON protocol of AWS carries it: `__type` in the body (AWS JSON 1.0 and 1.1) and `x-amzn-ErrorType`
 * in the headers (REST JSON). The REST protocols answer 403 for what the others answer 400.
 * Ref: smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
 */
export function renderError(error: unknown, rest: boolean): AwsResponse {
  const known =
    error instanceof AwsError
      ? error
      : new AwsError('InternalFailure', 'The local platform failed; see logs/aws.log', 500);
  const denied = rest && known.code === 'AccessDeniedException';

  return {
    status: denied ? 403 : known.status,
    headers: { 'x-amzn-ErrorType': known.code },
    body: JSON.stringify({ __type: known.code, message: known.message, ...known.fields }),
  };
}
