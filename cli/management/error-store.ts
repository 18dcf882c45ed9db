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

export interface ReplayedErrors {
  readonly topic: string;
  readonly replayed: number;
  /** Found in the topic: a replay that was killed had put them there. */
  readonly settled: number;
  /** The topic did not take them now. */
  readonly left: number;
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
  readonly next?: string;
}

export interface ErrorStoreOperations {
  /** @param query `product`, `device`, `limit`, `next` */
  storedErrors(query: Query): Promise<{ readonly items: readonly StoredError[]; readonly next?: string }>;
  storedError(key: readonly [product: string, device: string, object: string]): Promise<StoredErrorDetails>;
  /** @param request `target`, `keys` or `product`, `device`, `since`, `until` (milliseconds since 1970), `after` */
  replayErrors(request: object): Promise<ReplayedErrors>;
}

export function errorStoreOperations({ ask, send }: Calls): ErrorStoreOperations {
  return {
    storedErrors: (query) => ask('/error-store', query) as ReturnType<ErrorStoreOperations['storedErrors']>,
    storedError: ([product, device, object]) =>
      ask(path`/error-store/${product}/${device}/${object}`) as Promise<StoredErrorDetails>,
    replayErrors: (request) => send('POST', '/error-store', request) as Promise<ReplayedErrors>,
  };
}
