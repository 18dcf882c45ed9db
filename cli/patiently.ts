import { ManagementRefused } from './errors.ts';
import type { Output } from './screen/output.ts';

/** So that a call whose function died is over before its successor gives up. */
const BUSY_MS = 90_000;
const WAIT_MS = 2000;
const FAULTS = 3;
const BUSY = 423;

/**
 * For calls that may be repeated: one that another call is in the way of is repeated for as long as that may last, one that the platform
 * failed at (its function was killed, say) a few times.
 */
export async function patiently<T>(
  output: Output,
  pause: (milliseconds: number) => Promise<unknown>,
  call: () => Promise<T>,
): Promise<T> {
  let waited = 0;
  let faults = 0;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ManagementRefused)) throw error;
      const busy = error.status === BUSY && waited < BUSY_MS;
      if (!busy && (error.status < 500 || faults === FAULTS)) throw error;
      if (busy && waited === 0) output.message(`${error.message} Waiting.`);
      if (!busy) faults += 1;
    }
    waited += WAIT_MS;
    await pause(WAIT_MS);
  }
}
