import { createRequire } from 'node:module';
import type { SignableRequest } from '../../../core/apic/canonical-request.ts';
import { formatDate, readSignature, signatureMatches } from '../../../core/apic/signature.ts';

export const CREDENTIAL = { key: 'parkingkey0123456789', secret: 'FWTh5tqu2Pb9ZGt8NI09XYZti2V1LTa8useKXMD8' };
export const NOW = new Date('2026-11-20T09:34:43Z');

interface ForeignRequest {
  method: string;
  endpoint: string;
  headers: Record<string, string>;
  queryParams?: Record<string, string | string[]>;
  data?: unknown;
}

const { AKSKSigner } = createRequire(import.meta.url)('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner') as {
  AKSKSigner: {
    sign(request: ForeignRequest, credential: { getAk(): string; getSk(): string }): Record<string, string>;
  };
};

/** Signs as the reference system's own client for Node does; answers all the headers it would send. */
export function foreignSign(request: Omit<ForeignRequest, 'headers'> & { headers?: Record<string, string> }) {
  const headers = { 'X-Sdk-Date': formatDate(NOW), ...request.headers };

  return AKSKSigner.sign({ ...request, headers }, { getAk: () => CREDENTIAL.key, getSk: () => CREDENTIAL.secret });
}

/** A request as bytes on the wire would hold it: path and query in one, still encoded. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** What a gateway makes of it: the path as sent, the query decoded. */
export function received({ method, target, headers }: RawRequest): SignableRequest {
  const [path = '', query = ''] = target.split(/\?(.*)/s);

  return { method, path, query: [...new URLSearchParams(query)], headers };
}

/** Whether the whole request verifies under the credential, and why not. */
export function verdict(request: SignableRequest, bodySha256?: string, now = NOW, secret = CREDENTIAL.secret): string {
  const reading = readSignature(request, now);
  if (reading.outcome === 'refused') {
    return reading.reason;
  }
  const { presented } = reading;

  return presented.key === CREDENTIAL.key &&
    signatureMatches(presented.signature, presented.stringsToSign(bodySha256), secret)
    ? 'valid'
    : 'no match';
}
