import type { SourcePage } from './run-ports.ts';

/** How many records the next page asks for: about as many as a page's bytes hold, and at most twice as many as the last one. */
export function nextLimit(
  limit: number,
  { bytes, records }: Pick<SourcePage, 'bytes' | 'records'>,
  { most, pageBytes }: { readonly most: number; readonly pageBytes: number },
): number {
  if (records.length === 0) {
    return limit;
  }
  const fitting = Math.floor(pageBytes / Math.max(1, bytes / records.length));

  return Math.max(1, Math.min(most, fitting, limit * 2));
}
