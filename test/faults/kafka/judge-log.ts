/** A record as the topic holds it, or as the table does. */
export interface Entry {
  readonly n: number;
  readonly offset: number;
}

const EXAMPLES = 3;

/**
 * Holds the rows, in the order they were written, against what the topic holds: every record once, those of a partition in their order.
 *
 * @param partitionOf the partition of a number; one that its producer repeated is there under several offsets, and in the table as often
 */
export function judgeLog(
  topic: readonly Entry[],
  rows: readonly Entry[],
  partitionOf: (n: number) => number,
): readonly string[] {
  const placeOf = ({ n, offset }: Entry) => `${partitionOf(n)}@${offset}`;
  const written = Map.groupBy(rows, placeOf);
  const sent = new Map(topic.map((entry) => [placeOf(entry), entry.n]));
  const reached = new Map<number, number>();
  const late = rows.filter(({ n, offset }) => {
    const before = reached.get(partitionOf(n)) ?? -1;
    reached.set(partitionOf(n), Math.max(before, offset));

    return offset < before;
  });

  return [
    ...found(
      'in the topic and not in the table',
      [...sent.keys()].filter((place) => !written.has(place)),
    ),
    ...found(
      'in the table more than once',
      [...written].filter(([, own]) => own.length > 1).map(([place]) => place),
    ),
    ...found(
      'in the table and not in the topic',
      [...written.keys()].filter((place) => !sent.has(place)),
    ),
    ...found(
      'with what another record holds',
      rows.filter((row) => (sent.get(placeOf(row)) ?? row.n) !== row.n).map(placeOf),
    ),
    ...found('behind a later record of its partition', late.map(placeOf)),
  ];
}

function found(what: string, places: readonly string[]): string[] {
  return places.length === 0
    ? []
    : [`${places.length} ${what}: ${places.slice(0, EXAMPLES).join(', ')}${places.length > EXAMPLES ? ', …' : ''}`];
}
