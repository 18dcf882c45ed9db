/** A query as the platform's APIs and the bare server answer it. */
export interface BenchQuery {
  readonly name: string;
  readonly rows: number;
  /** Of the query string. */
  readonly parameter: string;
  /** With `?` where the parameter stands. */
  readonly sql: string;
  /** A value of the parameter. */
  valueOf(n: number): string;
}

export const GROUP = 'Bench';
export const APP = 'BenchOwner';
const SPACES = 1000;
const ZONES = 10;

export const QUERIES: readonly BenchQuery[] = [
  {
    name: 'row',
    rows: 1,
    parameter: 'id',
    sql: 'SELECT Id, Zone, Status, EventTime FROM BenchSpace WHERE Id = ?',
    valueOf: (n) => String(n % SPACES),
  },
  {
    name: 'page',
    rows: SPACES / ZONES,
    parameter: 'zone',
    sql: 'SELECT Id, Zone, Status, EventTime FROM BenchSpace WHERE Zone = ? ORDER BY Id',
    valueOf: (n) => `zone-${n % ZONES}`,
  },
];
