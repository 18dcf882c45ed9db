import type { Construct } from 'constructs';
import type { Backend } from './api-group.ts';
import type { SignatureKey } from './signature-key.ts';

/** Of backends that are functions of the platform. */
export interface OwnBackendProps {
  /**
   * The only key whose APIs the backend serves: the API must be bound to the same, `signatureKey`.
   * @default - it serves any API
   */
  readonly backendSignatureKey?: SignatureKey;
}

export function requiredKey(api: Construct, { backendSignatureKey: key }: OwnBackendProps): Pick<Backend, 'required'> {
  return key === undefined ? {} : { required: { key, by: `the backend of ${api.node.path}` } };
}
