import { AwsError } from '../../../local/errors.ts';
import { eventually } from '../platform.ts';

/** How long steps wait for what they bring about. */
export interface Patience {
  /** Waits until it holds. @throws AwsError Timeout, naming what did not come */
  until(what: string, holds: () => Promise<boolean>, withinMs?: number): Promise<void>;
  /** A step that waits gives up after so long, whatever it was given. */
  end(afterMs: number): void;
  /** Steps have all their time again. */
  renew(): void;
}

const USUAL_MS = 20_000;

export function createPatience(): Patience {
  let end = Number.POSITIVE_INFINITY;

  return {
    async until(what, holds, withinMs = USUAL_MS) {
      // Looked at each time: it may be ended while somebody waits.
      const came = await eventually(
        async () => (await holds()) || (Date.now() > end ? 'over' : false),
        (state) => state !== false,
        withinMs,
      );
      if (came !== true) throw new AwsError('Timeout', `${what} did not come in time`);
    },
    end(afterMs) {
      end = Math.min(end, Date.now() + afterMs);
    },
    renew() {
      end = Number.POSITIVE_INFINITY;
    },
  };
}
