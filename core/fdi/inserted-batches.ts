import { Refusal } from '../errors.ts';
import { type BatchEntry, type BatchesPorts, type BatchesRequest, entryOf, STATEMENT_MS } from './batch-entry.ts';
import { databaseTime, isoTime } from './database-time.ts';
import type { TableShape } from './run-dialect.ts';
import { type RunRow, type RunSession, type RunValue, statement } from './run-session.ts';

/** So many rows, the newest by this column. */
export interface NewestRows {
  readonly rows: number;
  readonly column: string;
}

export interface FoundBatches {
  readonly batches: readonly BatchEntry[];
  /** There are rows that were not looked at. */
  readonly more: boolean;
  readonly within?: NewestRows;
}

/** A batch has at most 10,000 rows, and ten shards with ten lanes write a hundred at once. */
const LOOKED_AT = 200_000;

/** By its driver, which waits no longer. */
const ENDED = /was ended after/;

/** What a table's batches are read by. */
interface Columns {
  readonly table: string;
  readonly batch: string;
  /** Of the rows' event time; undefined where none is kept. */
  readonly time: string | undefined;
}

/** From the newest row back. */
interface Order {
  readonly column: string;
  /** What stands behind the table's name. */
  readonly using: string;
  readonly isTime: boolean;
}

/**
 * By the numbers in the rows of a task that only adds: nothing else is kept of them, since that would make writing slower. In a table that has an
 * index by which rows are found as they came, only the newest are looked at; without one it is read whole.
 *
 * @throws Refusal CAUSEWAY.0412 where that takes too long
 */
export async function insertedBatches(
  { target, dialect }: BatchesPorts,
  session: RunSession,
  { name, columns }: TableShape,
  request: BatchesRequest,
): Promise<FoundBatches> {
  const { quoted } = dialect;
  const column = (wanted: string | undefined) =>
    columns.find((one) => wanted !== undefined && one.name.toLowerCase() === wanted.toLowerCase())?.name;
  const [number, time] = [column(target.batchNumberColumn), column(target.eventTimeColumn)];
  if (number === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${name} has no column ${target.batchNumberColumn} for batch numbers any more.`,
    });
  }
  const own: Columns = { table: quoted(name), batch: quoted(number), time: time && quoted(time) };
  const { growing, using } = await dialect.indexes(session, name);
  const isLeading = (wanted: string | undefined) => wanted !== undefined && using.has(wanted.toLowerCase());
  const order = growing ?? (isLeading(time) ? time : undefined);
  const timed = time === undefined ? undefined : dialect.timeText(`MAX(${quoted(time)})`);
  const since = databaseTime(Date.parse(request.since));
  const ask = (sql: string, values: readonly RunValue[]) => session.query(statement(sql, values), STATEMENT_MS);
  if (order === undefined) {
    const rows = await ask(wholeSql(own, timed, dialect.time, request), time === undefined ? [] : [since]).catch(
      (error: unknown) => {
        const { kind, message } = dialect.faultOf(error);
        throw kind === 'slow' || ENDED.test(message) ? tooLarge(name, number, time) : error;
      },
    );

    return { batches: rows.map(batchOf), more: false };
  }
  const by: Order = { column: quoted(order), using: using.get(order.toLowerCase()) ?? '', isTime: order === time };
  const latest = own.time === undefined ? undefined : dialect.timeText('MAX(x.t)');
  const sql = newestSql(own, by, latest, dialect.time, request);
  const rows = await ask(sql, [...(by.isTime ? [since] : []), ...(own.time === undefined ? [] : [since])]);
  const [behind] = await ask(behindSql(own, by, dialect.time), own.time === undefined ? [] : [since]);
  const batches = rows.map(batchOf);
  const isCut = behind !== undefined && batches.some(({ batch }) => batch === behind['batch']);
  if (behind === undefined || (Number(behind['isolder']) === 1 && !isCut)) {
    return { batches, more: false };
  }
  if (!isLeading(number)) {
    return { batches, more: true, within: { rows: LOOKED_AT, column: order } };
  }
  const counted = await ask(
    `SELECT ${own.batch} AS batch, COUNT(*) AS n, ${timed ?? 'NULL'} AS writtenat FROM ${own.table}
WHERE ${own.batch} IN (${batches.map(() => '?').join(', ')}) GROUP BY ${own.batch}`,
    batches.map(({ batch }) => batch),
  );
  const exact = new Map(counted.map(batchOf).map((entry) => [entry.batch, entry]));

  return { batches: batches.map((entry) => exact.get(entry.batch) ?? entry), more: true };
}

function wholeSql(
  { table, batch, time }: Columns,
  timed: string | undefined,
  since: string,
  { limit }: BatchesRequest,
): string {
  return `SELECT ${batch} AS batch, COUNT(*) AS n, ${timed ?? 'NULL'} AS writtenat FROM ${table}
WHERE ${batch} IS NOT NULL${time === undefined ? '' : ` AND ${time} >= ${since}`}
GROUP BY ${batch} ORDER BY ${time === undefined ? '1' : `MAX(${time}) DESC`} LIMIT ${limit + 1}`;
}

function newestSql(
  { table, batch, time }: Columns,
  by: Order,
  latest: string | undefined,
  since: string,
  { limit }: BatchesRequest,
): string {
  const newest = `SELECT ${batch} AS b, ${time ?? 'NULL'} AS t, ${by.column} AS o FROM ${table}${by.using}${
    by.isTime ? ` WHERE ${by.column} >= ${since}` : ''
  } ORDER BY ${by.column} DESC LIMIT ${LOOKED_AT}`;

  return `SELECT x.b AS batch, COUNT(*) AS n, ${latest ?? 'NULL'} AS writtenat FROM (${newest}) x
WHERE x.b IS NOT NULL GROUP BY x.b${time === undefined ? '' : ` HAVING MAX(x.t) >= ${since}`} ORDER BY MAX(x.o) DESC LIMIT ${limit + 1}`;
}

/** The first row that was not looked at: whether it is older than what is asked for, and of which batch. */
function behindSql({ table, batch, time }: Columns, { column, using }: Order, since: string): string {
  const isOlder = time === undefined ? '0' : `CASE WHEN ${time} < ${since} THEN 1 ELSE 0 END`;

  return `SELECT ${batch} AS batch, ${isOlder} AS isolder FROM ${table}${using} ORDER BY ${column} DESC LIMIT 1 OFFSET ${LOOKED_AT}`;
}

function tooLarge(table: string, number: string, time: string | undefined): Refusal {
  const orders =
    time === undefined ? 'a column that counts its rows (AUTO_INCREMENT, IDENTITY)' : `an index on ${time}`;

  return new Refusal('CAUSEWAY.0412', {
    message: `${table} is too large to be read whole for the batches in it, and nothing says which of its rows are the newest: give it ${orders}. "task rollback" needs none of that, only the number in ${number}.`,
  });
}

function batchOf(row: RunRow): BatchEntry {
  return {
    ...entryOf(row),
    at: row['writtenat'] === null || row['writtenat'] === undefined ? null : isoTime(row['writtenat']),
    added: Number(row['n']),
    until: null,
    isUndoable: true,
  };
}
