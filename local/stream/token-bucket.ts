/**
 * A per-second limit as AWS applies it: a second's worth may be spent at once, it refills evenly, and what exceeds it is
 * refused, never queued. Something larger than the whole bucket passes when the bucket is full and leaves a debt: so a
 * read of 10 MB at 2 MB/s is followed by 5 s of refusals, as Kinesis documents it.
 */
export class TokenBucket {
  readonly #capacity: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, now: () => number) {
    this.#capacity = perSecond;
    this.#now = now;
    this.#tokens = perSecond;
    this.#filledAt = now();
  }

  allows(cost: number): boolean {
    const now = this.#now();
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsed / 1000) * this.#capacity);
    this.#filledAt = now;

    return this.#tokens >= Math.min(cost, this.#capacity);
  }

  spend(cost: number): void {
    this.#tokens -= cost;
  }
}
