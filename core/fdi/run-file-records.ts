import type { Buffer } from 'node:buffer';
import { parseJson } from './json.ts';
import { Rejection } from './rejection.ts';
import { type CutRecord, csvCut, lineCut, RecordCutter } from './run-file-cut.ts';
import type { FileObject } from './run-file-done.ts';
import { type CsvLine, csvRecord, csvText, placed } from './run-file-line.ts';
import { type FileSource, PLACE_MEMBERS } from './run-file-source.ts';
import type { SourceRecord } from './run-ports.ts';

/** An object that is no file of this kind from its beginning, or from somewhere on; its message says why. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}

/** Bytes of an object as they come: `undefined` behind the last, however often it is asked. */
export interface FileBytes {
  next(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** A record, and where the next one begins. */
export interface FileRecord extends SourceRecord {
  readonly end: number;
  readonly nextLine: number;
}

/** From the beginning, or from where a record begins. @param byte of what the object holds once it is unpacked */
export type OpenFile = (object: FileObject, byte: number) => Promise<FileBytes>;

const UTF8_MARK = [0xef, 0xbb, 0xbf];
/** https://www.unicode.org/faq/utf_bom.html#bom4 */
const OTHER_MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];

/** The records of one object, from a place on. */
export class FileRecords {
  readonly #object: FileObject;
  readonly #bytes: FileBytes;
  readonly #cutter: RecordCutter;
  /** Of CSV: of its columns. */
  readonly names: readonly string[];
  readonly #isPlaced: boolean;
  /** Of CSV: what its lines are read by. */
  readonly #csv: CsvLine | undefined;
  #isEnded = false;

  private constructor(
    source: FileSource,
    object: FileObject,
    { bytes, cutter, names }: { bytes: FileBytes; cutter: RecordCutter; names: readonly string[] },
  ) {
    this.#object = object;
    this.#bytes = bytes;
    this.#cutter = cutter;
    this.names = names;
    this.#isPlaced =
      source.fields?.some(({ path }) => Object.values(PLACE_MEMBERS).some((own) => own === path)) ?? false;
    this.#csv = source.format === 'csv' ? { ...source.csv, columns: names, isPlaced: this.#isPlaced } : undefined;
  }

  /** @throws FileRefused for an object that is no such file */
  static async open(
    source: FileSource,
    object: FileObject,
    open: OpenFile,
    { byte, line }: { readonly byte: number; readonly line: number },
  ): Promise<FileRecords> {
    const { columns } = source.csv;
    const isNamed = source.format === 'csv' && columns === undefined;
    if (byte === 0 || isNamed) {
      const bytes = await open(object, 0);
      const cutter = new RecordCutter(cutOf(source), 0, 1);
      await begin(cutter, bytes);
      const names = isNamed ? await headerOf(cutter, bytes) : (columns ?? []);
      if (byte === 0) {
        return new FileRecords(source, object, { bytes, cutter, names });
      }
      await bytes.close();

      return FileRecords.#from(source, object, { bytes: await open(object, byte), byte, line, names });
    }

    return FileRecords.#from(source, object, { bytes: await open(object, byte), byte, line, names: columns ?? [] });
  }

  static #from(
    source: FileSource,
    object: FileObject,
    { bytes, byte, line, names }: { bytes: FileBytes; byte: number; line: number; names: readonly string[] },
  ): FileRecords {
    return new FileRecords(source, object, { bytes, cutter: new RecordCutter(cutOf(source), byte, line), names });
  }

  /** The next record; undefined behind the last. */
  async next(): Promise<FileRecord | undefined> {
    const cut = await nextCut(
      this.#cutter,
      this.#bytes,
      () => this.#isEnded,
      () => {
        this.#isEnded = true;
      },
    );

    return cut && this.#recordOf(cut);
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }

  #recordOf({ cells, rejection, line, end, nextLine }: CutRecord): FileRecord {
    const place = { position: `${this.#object.key}:${line}`, end, nextLine };
    const csv = this.#csv;
    const own = csv === undefined ? place : { ...place, csv };
    const read = rejection ?? this.#read(cells, line);
    if (!(read instanceof Rejection)) {
      return { ...own, value: read };
    }
    const text = csv === undefined || rejection !== undefined ? (cells[0] ?? '') : csvText(csv, cells);

    return { ...own, value: text, rejection: read };
  }

  #read(cells: CutRecord['cells'], line: number): Readonly<Record<string, unknown>> | Rejection {
    const place = { object: this.#object.key, line };
    if (this.#csv !== undefined) {
      return csvRecord(this.#csv, cells, place);
    }
    const read = parsedLine(cells[0] ?? '');

    return read instanceof Rejection || !this.#isPlaced ? read : placed(read, place);
  }
}

function cutOf({ format, csv }: FileSource) {
  return format === 'csv' ? csvCut(csv) : lineCut;
}

/** The first bytes say in which encoding they are. */
async function begin(cutter: RecordCutter, bytes: FileBytes): Promise<void> {
  const first = await bytes.next();
  if (first === undefined) {
    cutter.end();

    return;
  }
  const starts = (mark: readonly number[]) => mark.every((byte, at) => first[at] === byte);
  const other = OTHER_MARKS.find(([, mark]) => starts(mark));
  if (other !== undefined) {
    await bytes.close();
    throw new FileRefused(`it is ${other[0]}; allowed: UTF-8`);
  }
  cutter.push(first);
  if (starts(UTF8_MARK)) {
    cutter.skip(UTF8_MARK.length);
  }
}

async function headerOf(cutter: RecordCutter, bytes: FileBytes): Promise<readonly string[]> {
  let isEnded = false;
  const cut = await nextCut(
    cutter,
    bytes,
    () => isEnded,
    () => {
      isEnded = true;
    },
  );
  if (cut === undefined) {
    return [];
  }
  const names = cut.cells.map((cell) => cell?.trim() ?? '');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (cut.rejection !== undefined || names.includes('') || twice !== undefined) {
    await bytes.close();
    const why = cut.rejection?.reason ?? (twice === undefined ? 'a name is empty' : `${twice} stands there twice`);
    throw new FileRefused(`its first line does not name its columns: ${why}`);
  }

  return names;
}

async function nextCut(
  cutter: RecordCutter,
  bytes: FileBytes,
  isEnded: () => boolean,
  ended: () => void,
): Promise<CutRecord | undefined> {
  for (;;) {
    const cut = cutter.next();
    if (cut !== undefined || isEnded()) {
      return cut;
    }
    const more = await bytes.next();
    if (more === undefined) {
      ended();
      cutter.end();
    } else {
      cutter.push(more);
    }
  }
}

function parsedLine(text: string): Record<string, unknown> | Rejection {
  try {
    const value = parseJson(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }

    return new Rejection('syntax', 'the line is no object of JSON');
  } catch (error) {
    return new Rejection('syntax', `the line is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
