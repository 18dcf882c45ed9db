import { CommandFailed } from '../errors.ts';

/** A record and the line of the file it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Records of a text in CSV as RFC 4180 has it: fields by commas, quotes around what holds a comma, a quote (doubled) or a line's end. Lines end with
 * CRLF, LF or CR; empty ones are left out; a byte order mark is, too.
 *
 * @throws CommandFailed for a quote that is not closed, or stands where none may
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const pattern = /("(?:[^"]|"")*"?|[^,\r\n"]*)(,|\r\n|\n|\r|$)/y;
  let line = 1;
  let begin = 1;
  let cells: string[] = [];
  pattern.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null || /^"(?:[^"]|"")*$/.test(match[1] as string)) {
      throw new CommandFailed(
        `Line ${line}: a quote that is not closed, or inside a field without quotes. A field with quotes in it is written "like ""this""".`,
      );
    }
    const [, field, end] = match as unknown as [string, string, string];
    cells.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    line += field.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end !== ',') {
      if (cells.length > 1 || cells[0] !== '') {
        records.push({ line: begin, cells });
      }
      cells = [];
      line += 1;
      begin = line;
    }
  }
  // A comma that ends the text has an empty field behind it.
  if (cells.length > 0) {
    records.push({ line: begin, cells: [...cells, ''] });
  }

  return records;
}

/** One record, with the line's end. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);

  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
