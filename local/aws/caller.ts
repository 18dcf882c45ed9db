import type { Iam } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { AwsRequest, Principal } from './service.ts';

/** `AWS4-HMAC-SHA256 Credential=<key id>/<date>/<region>/<signing name>/aws4_request, SignedHeaders=…, Signature=…` */
const CREDENTIAL = /^AWS4-[A-Z0-9-]+ .*Credential=([^/,\s]+)\/\d{8}\/[^/,\s]*\/([^/,\s]+)\/aws4_request/;

export interface Signed {
  readonly accessKeyId: string;
  readonly signingName: string;
}

/** Reads who signed for which service. The signature itself is not verified: see docs/local-differences.md. */
export function readSignature({ headers }: Pick<AwsRequest, 'headers'>): Signed {
  const authorization = headers['authorization'];
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', 403);
  }
  const [, accessKeyId, signingName] = CREDENTIAL.exec(authorization) ?? [];
  if (accessKeyId === undefined || signingName === undefined) {
    throw new AwsError(
      'IncompleteSignatureException',
      'Authorization header requires a credential scope <key id>/<date>/<region>/<service>/aws4_request',
      403,
    );
  }
  return { accessKeyId, signingName };
}

/** The session behind the access key and the session token, which together nobody can guess. */
export function findCaller(iam: Iam, { accessKeyId }: Signed, { headers }: Pick<AwsRequest, 'headers'>): Principal {
  const caller = iam.caller(accessKeyId, headers['x-amz-security-token'] ?? '');
  if (caller === undefined) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  return caller;
}
