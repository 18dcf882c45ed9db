/**
 * Where batches are cut into pieces, by how many records they have, the most first. Fewer are read in less time than a call costs. The first piece
 * is small: nothing is written while it is read.
 */
const IN_TURN = [[2000, [0.25]]] as const;
const BEHIND_ONE_ANOTHER = [
  [3000, [0.15, 0.5]],
  [1000, [1 / 3]],
] as const;

/** Where a batch of so many records is cut. @param overlap pieces are sent while those before them are being written */
export function cutsOf(records: number, overlap: boolean): readonly number[] {
  const [, shares = []] = (overlap ? BEHIND_ONE_ANOTHER : IN_TURN).find(([from]) => records >= from) ?? [];

  return shares.map((share) => Math.floor(records * share));
}
