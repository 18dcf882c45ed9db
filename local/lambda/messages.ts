/** What the runtime and a function's process say to one another. Payloads travel as JSON text: exactly what AWS sends. */
export type ToFunction = {
  readonly type: 'invoke';
  readonly requestId: string;
  readonly event: string;
  /** Milliseconds since the epoch when the invocation is ended. */
  readonly deadline: number;
  readonly invokedFunctionArn: string;
};

export type FromFunction =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly requestId: string; readonly payload: string }
  /** The handler threw. */
  | { readonly type: 'failed'; readonly requestId: string; readonly error: FunctionError }
  /** The last words of a process: its module cannot be loaded, or nobody caught an exception. */
  | { readonly type: 'crashed'; readonly error: FunctionError };

/** The body of a function error, as the Invoke API answers it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
