/** What was deployed counts half a minute later, everywhere. */
const MAX_AGE_MS = 30_000;

/** Reads what seldom changes once in half a minute; a failure is not remembered. */
export function remembered<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, { readonly value: Promise<T>; readonly at: number }>();

  return (key) => {
    const found = known.get(key);
    if (found !== undefined && performance.now() - found.at < MAX_AGE_MS) {
      return found.value;
    }
    const value = read(key);
    known.set(key, { value, at: performance.now() });
    value.catch(() => known.delete(key));

    return value;
  };
}
