import type { Outcome } from './session.ts';

/** The keys an INSERT generated: consecutive from the first; of an upsert only the first is sure. */
export function generatedFields({ insertId, affectedRows }: Outcome, upsert: boolean): { longValue: number }[] {
  if (insertId === 0) return [];
  const count = upsert ? 1 : Math.max(affectedRows, 1);

  return Array.from({ length: count }, (_, index) => ({ longValue: insertId + index }));
}
