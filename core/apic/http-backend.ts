import type { ApiMethod } from './api-definition.ts';

/** A server of HTTP or HTTPS outside of the platform. */
export interface HttpBackend {
  readonly kind: 'http';
  /** Its URL without path, or with the one that stands before every path: `https://orders.example.com/v1`; or the variable of the environment that has it. */
  readonly address: { readonly value: string } | { readonly environment: string };
  /** `ANY`: the caller's. */
  readonly method: ApiMethod;
  /** `/items/{id}`. */
  readonly path: string;
  /** Query and headers go along that are not declared. */
  readonly passthrough?: true;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How often it is tried again. */
  readonly retries: number;
  readonly parameters: readonly BackendParameter[];
  /** The name of the key that requests are signed with. */
  readonly signatureKey?: string;
  /** PEM: the authorities to trust in place of the usual ones. */
  readonly ca?: string;
}

/** What the platform itself knows of a call. */
export type SystemValue = 'app' | 'api' | 'requestId';

/** A parameter as the backend gets it. */
export interface BackendParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly from: { readonly parameter: string } | { readonly constant: string } | { readonly system: SystemValue };
}

/** Of the connection, not of whoever uses it. RFC 9110, 7.6.1 */
export const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What callers show to the platform; it is none of a backend's business. */
export const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'apikey',
  'x-apig-appcode',
  'x-hw-id',
  'x-hw-appkey',
  'x-auth-token',
  'x-sdk-date',
  'x-sdk-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

/** Written by the platform. */
export const OF_THE_PLATFORM: ReadonlySet<string> = new Set(['host', 'x-request-id', 'x-causeway-hops']);

/** Written by the signature. */
export const OF_THE_SIGNATURE: ReadonlySet<string> = new Set(['authorization', 'x-sdk-date', 'x-sdk-content-sha256']);
