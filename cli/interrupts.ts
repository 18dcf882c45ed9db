/** Signals closer together than this are one wish: npm passes on the Ctrl-C that the terminal has already delivered. */
const ONE_WISH_MS = 1000;

/**
 * Turns the signals of a process into interruptions a person meant.
 *
 * @param subscribe calls back at every signal until its answer is called
 * @param now milliseconds, from any start
 */
export function createInterrupts(
  subscribe: (listener: () => void) => () => void,
  now: () => number,
): (listener: () => void) => () => void {
  return (listener) => {
    let last = Number.NEGATIVE_INFINITY;

    return subscribe(() => {
      const time = now();
      if (time - last < ONE_WISH_MS) return;
      last = time;
      listener();
    });
  };
}
