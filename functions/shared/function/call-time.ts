import { Refusal } from '../../../core/errors.ts';

/** How long, in milliseconds, what is open may take to end. */
const FAREWELL_MS = 200;
/** Kept free for that, and for the answer: the chain itself would give one when 300 ms are left. */
const RESERVE_MS = FAREWELL_MS + 350;

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
