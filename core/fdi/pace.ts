/** How many records are worked on between two places, so that it takes about a set time. */
export class Pace {
  readonly #target: number;
  readonly #most: number;
  readonly #now: () => number;
  #records: number;

  /** @param targetMs about how long */
  constructor(
    { first, most, targetMs }: { readonly first: number; readonly most: number; readonly targetMs: number },
    now: () => number,
  ) {
    this.#records = first;
    this.#most = most;
    this.#target = targetMs;
    this.#now = now;
  }

  get records(): number {
    return this.#records;
  }

  /** Works, and learns from how long it took; grows to twice as many at most. */
  async over<Answer>(records: number, work: () => Promise<Answer>): Promise<Answer> {
    const startedAt = this.#now();
    const answer = await work();
    const each = (this.#now() - startedAt) / Math.max(1, records);
    const fitting = Math.floor(this.#target / Math.max(each, 0.001));
    // Of a small part nobody knows what a large one would take.
    const next = records < this.#records ? Math.min(fitting, this.#records) : Math.min(fitting, this.#records * 2);
    this.#records = Math.max(1, Math.min(this.#most, next));

    return answer;
  }
}
