/** Lets so many pieces of work through at a time; what waits and is not wanted any more by its turn is never begun. */
export class LoginGate {
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Undefined when nobody wanted it any more. */
  async pass<T>(work: () => Promise<T>, isWanted: () => boolean): Promise<T | undefined> {
    if (this.#inside >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    try {
      return isWanted() ? await work() : undefined;
    } finally {
      this.#leave();
    }
  }

  /** The place goes to the next in the row, so that nobody who comes just now is faster. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}
