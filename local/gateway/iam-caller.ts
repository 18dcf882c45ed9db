import { ACCOUNT, globalArn, REGION } from '../account.ts';
import type { Iam } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { principalIdOf } from '../iam/principal-id.ts';
import { readSignatureV4, verifySignatureV4 } from '../iam/signature-v4.ts';
import { GatewayFault, type ResponseType } from './gateway-fault.ts';
import { type GatewayRequest, headerOf } from './gateway-request.ts';
import { methodArn } from './proxy-event.ts';

/** Who calls, as `requestContext.identity` of AWS_IAM methods tells it. */
export interface CallerIdentity {
  readonly accessKey: string | null;
  readonly accountId: string;
  readonly caller: string;
  readonly user: string;
  readonly userArn: string;
}

/** Whoever has the bearer token of a front: the person at this machine. */
export const TOKEN_HOLDER: CallerIdentity = {
  accessKey: null,
  accountId: ACCOUNT,
  caller: 'local',
  user: 'local',
  userArn: globalArn('iam', 'root'),
};

/** By the error's name. What the page of response types does not name is taken for what it is nearest to: docs/aws-assumptions.md. */
const RESPONSES: Readonly<Record<string, ResponseType>> = {
  MissingAuthenticationTokenException: 'MISSING_AUTHENTICATION_TOKEN',
  IncompleteSignatureException: 'INVALID_SIGNATURE',
  InvalidSignatureException: 'INVALID_SIGNATURE',
  UnrecognizedClientException: 'INVALID_SIGNATURE',
  ExpiredTokenException: 'EXPIRED_TOKEN',
  AccessDeniedException: 'ACCESS_DENIED',
};

/**
 * The principal that signed the request, if its signature holds and its policies let it call this method. Throws `GatewayFault`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
 * @param now milliseconds
 */
export function iamCaller(
  request: GatewayRequest,
  iam: Pick<Iam, 'holder' | 'authorize'>,
  now: number,
): CallerIdentity {
  try {
    const signed = { ...request, method: request.httpMethod, path: request.fullPath, query: request.queryText };
    const claimed = readSignatureV4(request.headers);
    const holder = iam.holder(claimed.accessKeyId, headerOf(request, 'x-amz-security-token') ?? '');
    if (holder === undefined) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
    }
    verifySignatureV4(signed, claimed, holder, { service: 'execute-api', region: REGION, now });
    const { principal } = holder;
    iam.authorize(principal, 'execute-api:Invoke', methodArn(request), { 'aws:SourceIp': request.sourceIp });
    const id = principalIdOf(principal);

    return {
      accessKey: claimed.accessKeyId,
      accountId: ACCOUNT,
      caller: id,
      user: id,
      userArn: principal.sessionArn,
    };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;

    throw new GatewayFault(RESPONSES[error.code] ?? 'INVALID_SIGNATURE', { message: error.message });
  }
}
