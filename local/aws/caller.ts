import { REGION } from '../account.ts';
import type { Iam } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { readSignatureV4, verifySignatureV4 } from '../iam/signature-v4.ts';
import type { AwsRequest, Principal } from './service.ts';

/** `AWS4-HMAC-SHA256 Credential=<key id>/<date>/<region>/<signing name>/aws4_request, SignedHeaders=…, Signature=…` */
const CREDENTIAL = /^AWS4-[A-Z0-9-]+ .*Credential=([^/,\s]+)\/\d{8}\/[^/,\s]*\/([^/,\s]+)\/aws4_request/;

export interface Signed {
  readonly accessKeyId: string;
  readonly signingName: string;
}

/** Reads who signed for which service. */
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

/**
 * Who has the access key and the session token, which together nobody can guess: their signature is not verified, see
 * docs/local-differences.md. A key without a token proves nothing, so there the signature is.
 */
export function findCaller(iam: Iam, { accessKeyId, signingName }: Signed, request: AwsRequest): Principal {
  const token = request.headers['x-amz-security-token'] ?? '';
  const holder = iam.holder(accessKeyId, token);
  if (holder === undefined) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  if (token === '') {
    const query = request.query.toString().replaceAll('+', '%20');
    // Over HTTP/2 clients sign the host under the name it has there.
    const headers = [...Object.entries(request.headers), [':authority', request.headers['host'] ?? ''] as const];
    const signed = { ...request, query, headers };
    const claimed = readSignatureV4(signed.headers);
    verifySignatureV4(signed, claimed, holder, { service: signingName, region: REGION, now: Date.now() });
  }

  return holder.principal;
}
