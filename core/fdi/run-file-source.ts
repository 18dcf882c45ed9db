import { InvalidSetting } from '../errors.ts';
import { checkFields } from './run-fields.ts';
import { timeZoneOffset } from './time-zone.ts';
import { foldedName, type MetadataField } from './topic-task.ts';

/** What becomes of a file whose records are all in the target. */
export type AfterFile =
  | { readonly kind: 'keep' }
  | { readonly kind: 'delete' }
  /** Its key, with this in place of the prefix that is read. */
  | { readonly kind: 'move'; readonly prefix: string };

export interface CsvForm {
  readonly delimiter: string;
  readonly quote: string;
  /** Where files have no first line that names them. */
  readonly columns?: readonly string[];
}

/** Files in a bucket of S3: objects whose keys begin with a prefix. */
export interface FileSource {
  readonly kind: 'file';
  /** Empty for the whole bucket. */
  readonly prefix: string;
  readonly format: 'csv' | 'json-lines';
  readonly csv: CsvForm;
  /** By when they arrived, or by their names; those that are kept are found again by it. */
  readonly order: 'modified' | 'name';
  /** Of files that are kept, by when they arrived: how much later than another one a file may show that says it is older. */
  readonly lateSeconds: number;
  readonly afterwards: AfterFile;
  /** Without them the names of the first line, or of the first records. `@object` and `@line` are where a record stands. */
  readonly fields?: readonly MetadataField[];
  readonly timeZone: string;
}

/** Members that every record has beside its own, where a field asks for them. */
export const PLACE_MEMBERS = { object: '@object', line: '@line' } as const;

const MAX_PREFIX = 512;

/** @throws InvalidSetting for a source that cannot be read whatever lies there */
export function checkFileSource(source: FileSource, where: string): void {
  const { prefix, format, csv, order, lateSeconds, afterwards, fields, timeZone } = source;
  checkPrefix(prefix, `${where}.prefix`);
  if (format !== 'csv' && format !== 'json-lines') {
    throw new InvalidSetting(`${where}.format`, format, '`csv` or `json-lines`');
  }
  if (order !== 'modified' && order !== 'name') {
    throw new InvalidSetting(`${where}.order`, order, '`modified` or `name`');
  }
  if (!Number.isInteger(lateSeconds) || lateSeconds < 0 || lateSeconds > 7 * 86_400) {
    throw new InvalidSetting(`${where}.late`, lateSeconds, 'up to 7 days, in seconds');
  }
  checkCsv(csv, `${where}.csv`);
  if (fields !== undefined) {
    checkFields(fields, `${where}.fields`);
  }
  timeZoneOffset(timeZone, `${where}.timeZone`);
  if (afterwards.kind === 'move') {
    checkPrefix(afterwards.prefix, `${where}.afterwards.move`);
    if (afterwards.prefix.startsWith(prefix)) {
      throw new InvalidSetting(
        `${where}.afterwards.move`,
        afterwards.prefix,
        `a prefix outside of ${prefix === '' ? 'the whole bucket, which is read' : prefix}: else files are read again where they go`,
      );
    }
  }
}

function checkCsv({ delimiter, quote, columns }: CsvForm, where: string): void {
  const isByte = (text: string) => /^[\t\x20-\x7e]$/.test(text);
  if (!isByte(delimiter) || !isByte(quote) || delimiter === quote) {
    throw new InvalidSetting(where, { delimiter, quote }, 'two different characters of ASCII');
  }
  if (columns !== undefined) {
    const names = columns.map(foldedName);
    if (columns.length === 0 || names.includes('') || new Set(names).size !== names.length) {
      throw new InvalidSetting(`${where}.columns`, columns, 'names that differ in more than case and `_`');
    }
  }
}

/** A prefix stands in policies, where a star or a question mark would mean more than itself. */
function checkPrefix(prefix: string, where: string): void {
  if (prefix.length > MAX_PREFIX || prefix.startsWith('/') || /[*?$\p{Cc}]/u.test(prefix)) {
    throw new InvalidSetting(
      where,
      prefix,
      `up to ${MAX_PREFIX} characters without \`*\`, \`?\` and \`$\`, not beginning with \`/\`: \`orders/\``,
    );
  }
}
