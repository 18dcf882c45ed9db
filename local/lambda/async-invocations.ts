import type { EngineHost } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { Functions } from './functions.ts';

/** Invocations that nobody waits for. */
export interface AsyncInvocations {
  /** Throws ResourceNotFoundException and RequestTooLargeException; what the function does is seen in its log. */
  submit(target: string, payload: unknown): void;
  stop(): void;
}

/** Ref: lambda/latest/dg/invocation-async-error-handling: a function that failed is tried twice more, after a minute and after two. */
export const ASYNC_RETRY_MILLISECONDS: readonly number[] = [60_000, 120_000];
/** While no process is free; AWS goes on for up to six hours. */
const BUSY_MILLISECONDS = 1000;
/** Ref: lambda/latest/dg/gettingstarted-limits: of an asynchronous invocation. */
const MAX_BYTES = 256 * 1024;

/** Lambda's queue of asynchronous invocations, in memory: what is in it when the platform stops is gone. */
export function createAsyncInvocations(host: Pick<EngineHost, 'logs'>, functions: Functions): AsyncInvocations {
  const log = host.logs('lambda-async');
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  const later = (milliseconds: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, milliseconds);
    timers.add(timer);
  };
  const run = async (target: string, payload: unknown, pauses: readonly number[]): Promise<void> => {
    if (stopped) return;
    const [pause, ...rest] = pauses;
    try {
      const { functionError, payload: answer } = await functions.invoke(target, payload);
      if (functionError === undefined || stopped) return;
      log.error('the function failed', { function: target, error: answer, retriedAfter: pause ?? null });
      if (pause !== undefined) later(pause, () => void run(target, payload, rest));
    } catch (error) {
      if (stopped) return;
      if (error instanceof AwsError && error.code === 'TooManyRequestsException') {
        later(BUSY_MILLISECONDS, () => void run(target, payload, pauses));
        return;
      }
      log.error('the function cannot be invoked', { function: target, reason: String(error) });
    }
  };

  return {
    submit(target, payload) {
      functions.get(target);
      if (Buffer.byteLength(JSON.stringify(payload) ?? '') > MAX_BYTES) {
        throw new AwsError(
          'RequestTooLargeException',
          `the payload of an asynchronous invocation has at most ${MAX_BYTES} bytes`,
          413,
        );
      }
      void run(target, payload, ASYNC_RETRY_MILLISECONDS);
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
