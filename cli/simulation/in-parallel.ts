/**
 * Does the same for every item, at most `limit` at a time; the answers keep the items' order. After a failure nothing more is begun, and
 * it is thrown when all that was under way has ended: whoever cleans up then finds everything there is.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const answers = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        answers[index] = await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
  const refused = lanes.find((outcome) => outcome.status === 'rejected');
  if (refused !== undefined) {
    throw refused.reason;
  }

  return answers;
}
