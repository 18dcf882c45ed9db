import { LIMITS } from './limits.ts';

/** Why, for the log. */
export const THROTTLED = `more than ${LIMITS.publishesPerSecond} in one second; the rest of the second is discarded`;

/** Counts the publishes from a client, or those to it, per second of the clock that is handed in (milliseconds). */
export class PublishRate {
  readonly #now: () => number;
  #second = 0;
  #count = 0;
  /** All that were over the limit. */
  discarded = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `first`: the first of this second that is over the limit, worth a line in the log. */
  take(): 'accepted' | 'first' | 'discarded' {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) [this.#second, this.#count] = [second, 0];
    this.#count += 1;
    if (this.#count <= LIMITS.publishesPerSecond) return 'accepted';
    this.discarded += 1;

    return this.#count === LIMITS.publishesPerSecond + 1 ? 'first' : 'discarded';
  }
}
