import type { Buffer } from 'node:buffer';
import { InvalidSetting } from '../errors.ts';
import { isExactNumber, parseJson } from './json.ts';
import { excerpt, Rejection } from './rejection.ts';
import { csvCut, RecordCutter } from './run-file-cut.ts';
import { type CsvForm, PLACE_MEMBERS } from './run-file-source.ts';

/** What a line of CSV is read by: kept with one that is none, since its file may be gone when somebody corrects it. */
export interface CsvLine extends Required<CsvForm> {
  /** Its records also hold where they stand. */
  readonly isPlaced: boolean;
}

/** Where a record stands in its file. */
interface FilePlace {
  readonly object: string;
  readonly line: number;
}

/** The record that the cells of a line are. */
export function csvRecord(
  { columns, isPlaced }: Pick<CsvLine, 'columns' | 'isPlaced'>,
  cells: readonly (string | null)[],
  place: FilePlace,
): Record<string, unknown> | Rejection {
  if (cells.length !== columns.length) {
    return new Rejection(
      'syntax',
      `the line has ${count(cells.length, 'cell')}, its file ${count(columns.length, 'column')}`,
    );
  }
  const read = Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? null]));

  return isPlaced ? placed(read, place) : read;
}

/** With the members that say where it stands. */
export function placed(record: Readonly<Record<string, unknown>>, { object, line }: FilePlace) {
  return { ...record, [PLACE_MEMBERS.object]: object, [PLACE_MEMBERS.line]: line };
}

/** A line that these cells are read from. */
export function csvText({ delimiter, quote }: CsvForm, cells: readonly (string | null)[]): string {
  const special = [delimiter, quote, '\r', '\n'];
  const cellText = (cell: string | null) =>
    cell === null || (cell !== '' && !special.some((one) => cell.includes(one)))
      ? (cell ?? '')
      : `${quote}${cell.replaceAll(quote, quote + quote)}${quote}`;

  return cells.map(cellText).join(delimiter);
}

/**
 * What a record of a file of CSV is corrected to: an object of JSON, or a line of its file.
 *
 * @param position of the record in its source: `orders/2026.csv:1204`
 * @returns the object as JSON
 * @throws InvalidSetting for what is neither
 */
export function correctedRecord(bytes: Buffer, position: string, csv: CsvLine): string {
  const text = bytes.toString('utf8');
  const value = jsonOf(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)) {
    return text;
  }
  const record = lineRecord(bytes, position, csv);
  if (record instanceof Rejection) {
    const columns = csvText(csv, csv.columns);
    throw new InvalidSetting(
      'correction',
      excerpt(text),
      `a line of its file, whose columns are ${columns} (${record.reason}), or an object of JSON with these fields`,
    );
  }

  return JSON.stringify(record);
}

function lineRecord(bytes: Buffer, position: string, csv: CsvLine): Record<string, unknown> | Rejection {
  const at = position.lastIndexOf(':');
  const place = { object: position.slice(0, at), line: Number(position.slice(at + 1)) };
  const cutter = new RecordCutter(csvCut(csv), 0, 1);
  cutter.push(bytes);
  cutter.end();
  const cut = cutter.next();
  if (cut === undefined) {
    return new Rejection('syntax', 'the line is empty');
  }
  if (cut.rejection !== undefined) {
    return cut.rejection;
  }

  return cutter.next() === undefined
    ? csvRecord(csv, cut.cells, place)
    : new Rejection('syntax', 'it is more than one line; what has line ends in it stands in quotes');
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
