/** From so many records on a batch is written in more than one call. Fewer are read in less time than a call costs. */
const READ_AHEAD_FROM = 1000;

/** Where a batch of so many records is cut into pieces. The first is small: nothing is written while it is read. */
export function cutsOf(records: number): readonly number[] {
  if (records < READ_AHEAD_FROM) {
    return [];
  }
  const shares = records < 3 * READ_AHEAD_FROM ? [1 / 3] : [0.15, 0.5];

  return shares.map((share) => Math.floor(records * share));
}
