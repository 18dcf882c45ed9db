import type { Calls, Query } from './calls.ts';
import { path } from './calls.ts';

/** A message that no topic took. Times are ISO 8601, UTC. */
export interface StoredError {
  /** `<product id>/<device>/<object>` */
  readonly key: string;
  readonly productId: string;
  readonly product: string | null;
  readonly device: string;
  /** The topic it was for. */
  readonly destination: string | null;
  readonly at: string | null;
  readonly bytes: number;
}

export interface StoredErrorDetails extends StoredError {
  readonly rule: string | null;
  readonly topic: string | null;
  readonly clientId: string | null;
  readonly traceId: string | null;
  readonly failures: readonly { readonly action: string; readonly resource: string; readonly reason: string }[];
  /** The exact bytes the device sent, in base64. */
  readonly payload: string;
  readonly problem: string | null;
}

export interface ErrorStoreOperations {
  /** @param query `product`, `device`, `limit`, `next` */
  storedErrors(query: Query): Promise<{ readonly items: readonly StoredError[]; readonly next?: string }>;
  storedError(key: readonly [product: string, device: string, object: string]): Promise<StoredErrorDetails>;
}

export function errorStoreOperations({ ask }: Calls): ErrorStoreOperations {
  return {
    storedErrors: (query) => ask('/error-store', query) as ReturnType<ErrorStoreOperations['storedErrors']>,
    storedError: ([product, device, object]) =>
      ask(path`/error-store/${product}/${device}/${object}`) as Promise<StoredErrorDetails>,
  };
}
