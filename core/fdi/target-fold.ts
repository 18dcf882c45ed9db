import { type Fold, foldByKey } from './fold.ts';
import type { MappedColumn } from './mapping.ts';
import type { DatabaseTarget } from './run-destination.ts';

/** Of rows of one key the last counts, by event time where the task has one, whatever is done with it; undefined without keys. */
export function targetFold(target: DatabaseTarget, cells: readonly MappedColumn[]): Fold | undefined {
  const { table, keys, eventTimeColumn } = target;
  const isKey = (name: string) => keys.some((key) => key.toLowerCase() === name.toLowerCase());
  if (keys.length === 0) {
    return undefined;
  }

  return foldByKey(
    { table, keys, write: 'upsert', ...(eventTimeColumn !== undefined && { eventTimeColumn }) },
    // Keys are marked where rows are upserted only; folding goes by them everywhere.
    cells.map((entry) => ({ ...entry, key: isKey(entry.column.name) })),
  );
}
