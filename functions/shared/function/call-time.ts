import { Refusal } from '../../../core/errors.ts';

/** Kept free, in milliseconds, before the chain itself answers 504: for what is open to be taken back. */
const FAREWELL_MS = 300;
/** Together with what the chain keeps free for its own answer. */
const RESERVE_MS = 300 + FAREWELL_MS;

/** The reason of a signal whose call is answered. */
class CallIsOver extends Error {
  override readonly name = 'CallIsOver';
}

/**
 * Work for one call. The signal is aborted when the call's time is nearly over, and when it is answered: what the work leaves open ends then.
 *
 * @param remainingMs what Lambda gives
 * @throws Refusal `APIC.0203` when the work takes longer
 */
export async function inCallTime<Answer>(
  remainingMs: number,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => undefined);
  let farewell: NodeJS.Timeout | undefined;
  const timer = setTimeout(
    () => {
      const refusal = new Refusal('APIC.0203', { detail: { reason: 'the function took longer than its timeout' } });
      controller.abort(refusal);
      farewell = setTimeout(() => reject(refusal), FAREWELL_MS);
    },
    Math.max(0, remainingMs - RESERVE_MS),
  );
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
    clearTimeout(farewell);
    controller.abort(new CallIsOver('the call is answered'));
  }
}
