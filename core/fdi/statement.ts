import { ADVANCE_CALL } from './advance-function.ts';
import { ADVANCE_KEYS_CALL } from './advance-keys-function.ts';
import type { Column } from './column.ts';
import type { MappedColumn } from './mapping.ts';
import { READMIT_CALL } from './readmit-function.ts';
import type { TaskTarget } from './topic-task.ts';

/** A named parameter, in the shape the Data API takes it. */
export interface Parameter {
  readonly name: string;
  readonly value: { readonly stringValue: string } | { readonly longValue: number };
}

/** The statement that writes a batch's rows; `:rows` is a JSON array of arrays in the order of `cells`. */
export interface RowsStatement {
  readonly sql: string;
  /** The same, which moves the position and fills the quarantine too: with the parameters of `ADVANCE_CALL`. */
  readonly advancing: string;
  /** The same, which moves positions per key: with the parameters of `ADVANCE_KEYS_CALL`. */
  readonly advancingKeys: string;
  /** The same, which takes the records out of the quarantine: with the parameters of `READMIT_CALL`. */
  readonly readmitting: string;
  /** The parameters that are the same for every batch. */
  readonly constants: readonly Parameter[];
  /** The columns that come from the records, one cell of a row each. */
  readonly cells: readonly MappedColumn[];
  readonly usesBatchNumber: boolean;
}

export function textParameter(name: string, value: string): Parameter {
  return { name, value: { stringValue: value } };
}

export function longParameter(name: string, value: number): Parameter {
  return { name, value: { longValue: value } };
}

/**
 * One statement for any number of rows, with one parameter: `JSON_TABLE` turns it into a table on the server. Its columns are TEXT
 * (cast by the target column, with the engine's strict checks) and ERROR ON ERROR: typed ones change bad values silently, even in
 * strict mode (`'abc'` became 0, `'toolong'` was cut).
 */
export function rowsStatement(target: TaskTarget, mapped: readonly MappedColumn[]): RowsStatement {
  const cells = mapped.filter(({ value }) => value.kind !== 'constant' && value.kind !== 'batchNumber');
  const constants: Parameter[] = [];
  const expressions = new Map<MappedColumn, string>();
  for (const entry of mapped) {
    expressions.set(entry, expressionOf(entry, cells.indexOf(entry), constants));
  }
  const table = jsonTable(cells.map(({ column }) => column));
  const onceMoved = (call: string) => sqlFrom(`(SELECT ${call} AS moved) p JOIN ${table} ON p.moved = 1`);
  const sqlFrom = (source: string) =>
    [
      `INSERT INTO ${quoted(target.table)} (${mapped.map(({ column }) => quoted(column.name)).join(', ')})`,
      `SELECT ${[...expressions.values()].join(', ')}`,
      `FROM ${source}`,
      ...(target.write === 'upsert' ? [`ON DUPLICATE KEY UPDATE ${assignments(target, mapped, expressions)}`] : []),
    ].join('\n');

  return Object.freeze({
    sql: sqlFrom(table),
    advancing: onceMoved(ADVANCE_CALL),
    advancingKeys: onceMoved(ADVANCE_KEYS_CALL),
    readmitting: onceMoved(READMIT_CALL),
    constants: Object.freeze(constants),
    cells: Object.freeze(cells),
    usesBatchNumber: mapped.some(({ value }) => value.kind === 'batchNumber'),
  });
}

function expressionOf({ value }: MappedColumn, cell: number, constants: Parameter[]): string {
  if (value.kind === 'batchNumber') {
    return ':batch';
  }
  if (value.kind !== 'constant') {
    return `j.c${cell}`;
  }
  const name = `constant${constants.length}`;
  constants.push(textParameter(name, value.text));

  return `:${name}`;
}

/** LONGTEXT only where a cell may pass the 64 KiB of TEXT. */
function jsonTable(columns: readonly Column[]): string {
  const cells = columns.map(({ kind, length }, at) => {
    const long = kind === 'json' || ((kind === 'text' || kind === 'binary') && length >= 16_384);

    return `c${at} ${long ? 'LONGTEXT' : 'TEXT'} PATH '$[${at}]' ERROR ON ERROR`;
  });

  return `JSON_TABLE(:rows, '$[*]' COLUMNS(${cells.join(', ')})) j`;
}

/**
 * With an event time, what is older than the stored row changes nothing. Assignments run from left to right and see what those before
 * them did, so the columns that are compared come last, the event time at the very end.
 */
function assignments(
  { table, keys, eventTimeColumn, sequenceColumn }: TaskTarget,
  mapped: readonly MappedColumn[],
  expressions: ReadonlyMap<MappedColumn, string>,
): string {
  const stored = (entry: MappedColumn) => `${quoted(table)}.${quoted(entry.column.name)}`;
  const named = (name: string | undefined) =>
    mapped.find(({ column }) => column.name.toLowerCase() === name?.toLowerCase());
  const time = named(eventTimeColumn);
  const sequence = time && named(sequenceColumn);
  const values = mapped.filter((entry) => !entry.key && entry !== time && entry !== sequence);
  const updated = [...values, ...(sequence ? [sequence] : []), ...(time && !time.key ? [time] : [])];
  if (updated.length === 0) {
    return keys.map((key) => `${quoted(key)} = ${quoted(table)}.${quoted(key)}`).join(', ');
  }
  const newer =
    time && guard(expressions.get(time), stored(time), sequence && [expressions.get(sequence), stored(sequence)]);

  return updated
    .map((entry) => {
      const value = expressions.get(entry);

      return `${quoted(entry.column.name)} = ${newer ? `IF(${newer}, ${value}, ${stored(entry)})` : value}`;
    })
    .join(', ');
}

function guard(time: string | undefined, storedTime: string, sequence?: readonly [string | undefined, string]): string {
  const at = `CAST(${time} AS DATETIME(6))`;
  if (sequence === undefined) {
    return `COALESCE(${at} >= ${storedTime}, TRUE)`;
  }
  const [number, storedNumber] = sequence;

  return `(COALESCE(${at} > ${storedTime}, TRUE) OR (${at} = ${storedTime} AND COALESCE(${number} >= ${storedNumber}, TRUE)))`;
}

/** Backticks as the engine wants them, whatever the name holds. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
