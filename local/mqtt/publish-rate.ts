/** Why, for the log. */
export function throttled(perSecond: number): string {
  return `more than ${perSecond} in one second; the rest of the second is discarded`;
}

/** Counts the publishes from a client, or those to it, per second of the clock that is handed in (milliseconds). */
export class PublishRate {
  readonly perSecond: number;
  readonly #now: () => number;
  #second = 0;
  #count = 0;
  /** All that were over the limit. */
  discarded = 0;

  constructor(perSecond: number, now: () => number) {
    this.perSecond = perSecond;
    this.#now = now;
  }

  /** `first`: the first of this second that is over the limit, worth a line in the log. */
  take(): 'accepted' | 'first' | 'discarded' {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) [this.#second, this.#count] = [second, 0];
    this.#count += 1;
    if (this.#count <= this.perSecond) return 'accepted';
    this.discarded += 1;

    return this.#count === this.perSecond + 1 ? 'first' : 'discarded';
  }
}
