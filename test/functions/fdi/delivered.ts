import { isBad } from './crashes.ts';
import type { Parking } from './parking.ts';

/** What became of messages 1 to `total` of a shard, in numbers of messages; nothing in it means: each once, in order, exactly counted. */
export interface Findings {
  readonly lost?: readonly number[];
  readonly twice?: readonly number[];
  /** The first message that stands behind a later one. */
  readonly disordered?: number;
  /** What the position says was written and quarantined, where that is not so. */
  readonly counted?: Readonly<Record<string, unknown>>;
}

/** The one check of every crash test: rows of `ParkingHistory`, the quarantine and the counts against what was sent. */
export async function findings(lot: Parking, total: number): Promise<Findings> {
  const rows = await numbers(lot, 'SELECT Seq AS n FROM ParkingHistory ORDER BY Id');
  const rejected = await numbers(lot, 'SELECT Seq AS n FROM causeway.quarantine ORDER BY Id');
  const all = Array.from({ length: total }, (_, at) => at + 1);
  const [good, bad] = [all.filter((n) => !isBad(n)), all.filter(isBad)];
  const lost = [...good.filter((n) => !rows.includes(n)), ...bad.filter((n) => !rejected.includes(n))].sort(byNumber);
  const twice = [rows, rejected].flatMap((list) => list.filter((n, at) => list.indexOf(n) < at)).sort(byNumber);
  const disordered = [rows, rejected].flatMap((list) => list.filter((n, at) => n < Number(list[at - 1])))[0];
  const [counted] = await lot.query('SELECT Written AS written, Quarantined AS quarantined FROM causeway.position');
  const exact = counted?.['written'] === good.length && counted['quarantined'] === bad.length;

  return {
    ...(lost.length > 0 && { lost }),
    ...(twice.length > 0 && { twice }),
    ...(disordered !== undefined && { disordered }),
    ...(!exact && { counted: counted ?? {} }),
  };
}

async function numbers(lot: Parking, sql: string): Promise<number[]> {
  return (await lot.query(sql)).map(({ n }) => Number(n));
}

function byNumber(a: number, b: number): number {
  return a - b;
}
