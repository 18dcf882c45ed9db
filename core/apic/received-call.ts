import type { Pairs } from './canonical-request.ts';
import type { AuthorizerContext } from './custom-authorizer.ts';

/** A call as a gateway hands it on. Names and values are decoded; a name may come several times. */
export interface ReceivedCall {
  /** The values of the path's `{parameters}`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Pairs;
  readonly headers: Pairs;
  /** The exact bytes sent; empty when there is no body. */
  readonly body: Uint8Array;
  /** What whoever judged the call says of the caller. */
  readonly authorizer?: AuthorizerContext;
}
