import { Buffer } from 'node:buffer';
import type { TaskPlan } from './plan.ts';
import { type QuarantineCells, quarantineCells } from './quarantine.ts';
import { Rejection } from './rejection.ts';
import type { Cells, Entry } from './row.ts';

/** What the records of one transaction have become: parameter texts. */
export interface Load {
  /** Values of `:rows` for the rows' statement; more than one only when a batch is too large for one call. */
  readonly rows: readonly string[];
  /** Values of `:rows` for the quarantine's statement. */
  readonly quarantine: readonly string[];
  /** Rows in `rows`: an upsert folds some records into one. */
  readonly rowCount: number;
  /** Records that go into the quarantine. */
  readonly rejected: number;
  /** Rows and quarantine together fit into one request. */
  readonly fitsRequest: boolean;
}

/**
 * The Data API takes 4 MiB a request. The text is sent as a JSON string, where quotes and backslashes count twice: at worst 3.8 MiB.
 */
const MAX_TEXT_BYTES = 1.9 * 1024 * 1024;

/** @param entries in the order of their sequence numbers */
export function loadOf(plan: Pick<TaskPlan, 'fold'>, entries: readonly Entry[]): Load {
  const rows: Cells[] = [];
  const rejected: QuarantineCells[] = [];
  for (const entry of entries) {
    if (entry.outcome instanceof Rejection) {
      rejected.push(quarantineCells(entry, entry.outcome));
    } else {
      rows.push(entry.outcome);
    }
  }

  const folded = plan.fold ? plan.fold(rows) : rows;
  const [written, quarantine] = [texts(folded), texts(rejected)];
  const fitsRequest = written.length <= 1 && quarantine.length <= 1 && fitOneRequest([...written, ...quarantine]);

  return { rows: written, quarantine, rowCount: folded.length, rejected: rejected.length, fitsRequest };
}

/** Whether a request takes all these texts. */
export function fitOneRequest(parameters: readonly string[]): boolean {
  return isWithinLimit(parameters.join(''));
}

/** One JSON array, or as many as the limit asks for. */
function texts(rows: readonly Cells[]): string[] {
  if (rows.length === 0) {
    return [];
  }
  const text = JSON.stringify(rows);
  if (rows.length === 1 || isWithinLimit(text)) {
    return [text];
  }
  const middle = rows.length >> 1;

  return [...texts(rows.slice(0, middle)), ...texts(rows.slice(middle))];
}

/** No character takes more than three bytes for each of its UTF-16 units: most texts need no counting. */
function isWithinLimit(text: string): boolean {
  return text.length * 3 <= MAX_TEXT_BYTES || Buffer.byteLength(text) <= MAX_TEXT_BYTES;
}
