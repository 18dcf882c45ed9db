import { Buffer, isUtf8 } from 'node:buffer';
import { Rejection } from './rejection.ts';
import type { CsvForm } from './run-file-source.ts';

/** A record as it stands in a file: the cells of a line of CSV, or the text of a line. */
export interface CutRecord {
  readonly cells: readonly (string | null)[];
  /** Why it is none; its text as far as it is kept stands alone in `cells` then. */
  readonly rejection?: Rejection;
  /** The line it begins on, from 1. */
  readonly line: number;
  /** Where the next one begins: bytes from the beginning of the file, and its line. */
  readonly end: number;
  readonly nextLine: number;
}

type Cut =
  | { readonly end: number; readonly cells: readonly (string | null)[] }
  | { readonly end: number; readonly problem: Rejection };

/** Finds the record at a place of the bytes; undefined while it may go on behind them. */
export type CutAt = (bytes: Buffer, from: number, isEnd: boolean) => Cut | undefined;

const [LF, CR] = [0x0a, 0x0d];
const MAX_RECORD = 1024 * 1024;
/** Of a line that is none, for whoever looks for it. */
const KEPT = 10_000;
const NOTHING = Buffer.alloc(0);

/** Cuts a file into records as its bytes come, however they are cut themselves. */
export class RecordCutter {
  readonly #cut: CutAt;
  #rest: Buffer = NOTHING;
  #from = 0;
  /** Of the first byte of `#rest`. */
  #offset: number;
  #line: number;
  #isEnded = false;
  /** The beginning of a line that is too long to be held: its end is looked for. */
  #long: Buffer | undefined;

  constructor(cut: CutAt, offset: number, line: number) {
    this.#cut = cut;
    this.#offset = offset;
    this.#line = line;
  }

  push(bytes: Buffer): void {
    const rest = this.#rest.subarray(this.#from);
    this.#offset += this.#from;
    this.#from = 0;
    this.#rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
  }

  /** Leaves out so many bytes that have come. */
  skip(bytes: number): void {
    this.#from += bytes;
  }

  /** Nothing comes any more. */
  end(): void {
    this.#isEnded = true;
  }

  /** The next record; undefined when it takes more bytes, or there is none. */
  next(): CutRecord | undefined {
    this.#skipEmptyLines();
    if (this.#from >= this.#rest.length && this.#long === undefined) {
      return undefined;
    }
    if (this.#long === undefined) {
      const cut = this.#cut(this.#rest, this.#from, this.#isEnded);
      if (cut !== undefined && 'cells' in cut) {
        return this.#take(cut.end, cut.cells);
      }
      const end = lineEnd(this.#rest, this.#from, this.#isEnded);
      if (cut !== undefined && end !== undefined) {
        return this.#take(end, [keptText(this.#rest.subarray(this.#from, end))], cut.problem);
      }
      if (this.#rest.length - this.#from <= MAX_RECORD) {
        return undefined;
      }
      // A quote that nobody closes swallows what follows, up to the file's end: only its own line is given up.
      if (end !== undefined) {
        return this.#take(end, [keptText(this.#rest.subarray(this.#from, end))], tooLong());
      }
      this.#long = Buffer.from(this.#rest.subarray(this.#from, this.#from + KEPT));
    }

    return this.#restOfLong(this.#long);
  }

  #restOfLong(beginning: Buffer): CutRecord | undefined {
    const end = lineEnd(this.#rest, this.#from, this.#isEnded);
    if (end === undefined) {
      // All but a CR, which may belong to a line's end.
      this.#from = Math.max(this.#from, this.#rest.length - 1);

      return undefined;
    }
    this.#long = undefined;

    return this.#take(end, [keptText(beginning)], tooLong());
  }

  #take(end: number, cells: CutRecord['cells'], rejection?: Rejection): CutRecord {
    const line = this.#line;
    this.#line += lineEnds(this.#rest, this.#from, end);
    this.#from = end;

    return {
      cells,
      ...(rejection !== undefined && { rejection }),
      line,
      end: this.#offset + end,
      nextLine: this.#line,
    };
  }

  #skipEmptyLines(): void {
    while (this.#long === undefined && this.#from < this.#rest.length) {
      const byte = this.#rest[this.#from];
      if (byte !== LF && byte !== CR) {
        return;
      }
      const end = lineEnd(this.#rest, this.#from, this.#isEnded);
      if (end === undefined) {
        return;
      }
      this.#from = end;
      this.#line += 1;
    }
  }
}

/** RFC 4180, with a delimiter and a quote of one's own. A cell without anything has no value; one with two quotes is an empty text. */
export function csvCut(form: CsvForm): CutAt {
  const [delimiter, quote] = [form.delimiter.charCodeAt(0), form.quote.charCodeAt(0)];
  const doubled = form.quote + form.quote;

  return (bytes, from, isEnd) => {
    const cells: (string | null)[] = [];
    for (let at = from; ; at += 1) {
      const begin = at;
      const isQuoted = bytes[at] === quote;
      if (isQuoted) {
        at = closing(bytes, at + 1, quote);
        if (at < 0 || (at + 1 >= bytes.length && !isEnd)) {
          return isEnd ? bad('a quote that is not closed') : undefined;
        }
        at += 1;
      } else {
        while (at < bytes.length && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) {
          if (bytes[at] === quote) {
            return bad(`a quote inside a cell without quotes, ${at - from + 1} bytes from its beginning`);
          }
          at += 1;
        }
      }
      const next = bytes[at];
      if (next === undefined && !isEnd) {
        return undefined;
      }
      if (isQuoted && next !== undefined && next !== delimiter && next !== LF && next !== CR) {
        return bad(`something behind a closed quote, ${at - from + 1} bytes from its beginning`);
      }
      cells.push(
        isQuoted
          ? bytes.toString('utf8', begin + 1, at - 1).replaceAll(doubled, form.quote)
          : begin === at
            ? null
            : bytes.toString('utf8', begin, at),
      );
      if (next !== delimiter) {
        const end = next === undefined ? at : lineEnd(bytes, at, isEnd);
        if (end === undefined) {
          return undefined;
        }

        // Once for all cells: it is what takes longest.
        return isUtf8(bytes.subarray(from, at)) ? { end, cells } : { end, problem: notUtf8() };
      }
    }
  };
}

/** A line of text. */
export const lineCut: CutAt = (bytes, from, isEnd) => {
  const end = lineEnd(bytes, from, isEnd);
  if (end === undefined) {
    return undefined;
  }
  const line = bytes.subarray(from, end);

  return isUtf8(line) ? { end, cells: [line.toString('utf8').replace(/[\r\n]+$/, '')] } : { end, problem: notUtf8() };
};

function notUtf8(): Rejection {
  return new Rejection('encoding', 'it is not UTF-8');
}

function bad(reason: string): Cut {
  return { end: 0, problem: new Rejection('syntax', `the line is no CSV: ${reason}`) };
}

function tooLong(): Rejection {
  return new Rejection('length', `the record is longer than ${MAX_RECORD} bytes`);
}

/** The quote that ends a cell: one that no other follows. */
function closing(bytes: Buffer, from: number, quote: number): number {
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 2)) {
    if (bytes[at + 1] !== quote) {
      return at;
    }
  }

  return -1;
}

/** Behind the line's end (LF, CRLF or CR), or the file's; undefined while it is not known. */
function lineEnd(bytes: Buffer, from: number, isEnd: boolean): number | undefined {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === LF) {
      return at + 1;
    }
    if (bytes[at] === CR) {
      if (at + 1 >= bytes.length) {
        return isEnd ? at + 1 : undefined;
      }

      return bytes[at + 1] === LF ? at + 2 : at + 1;
    }
  }

  return isEnd ? bytes.length : undefined;
}

function lineEnds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) {
      count += 1;
    }
  }

  return count;
}

function keptText(bytes: Buffer): string {
  return bytes
    .subarray(0, KEPT)
    .toString('utf8')
    .replace(/[\r\n]+$/, '');
}
