/** Waits until so many more may be begun. */
export type Pace = (count: number) => Promise<void>;

/**
 * Spreads work evenly: no more than `perSecond` are begun in a second, however many wait at once.
 *
 * @param pause waits so many milliseconds
 * @param now milliseconds, from any start
 */
export function pace(perSecond: number, pause: (ms: number) => Promise<unknown>, now: () => number): Pace {
  let free = Number.NEGATIVE_INFINITY;

  return async (count) => {
    const time = now();
    const begin = Math.max(time, free);
    free = begin + (count / perSecond) * 1000;
    if (begin > time) {
      await pause(begin - time);
    }
  };
}
