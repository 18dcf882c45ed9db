import { createHash, type Hash } from 'node:crypto';
import type { Checkpoint, SourcePage, SourceReader } from './run-ports.ts';

/** One call of a function that follows its source: it looks again and again, and runs when there is something. */
export interface Following {
  readonly everyMs: number;
  /** How long; the next call goes on. */
  readonly forMs: number;
  readonly isStopped: () => Promise<boolean>;
  /** Whether a run may have something to do. Never throws. */
  readonly hasNews: () => Promise<boolean>;
  /** @returns whether to go on looking */
  readonly run: () => Promise<boolean>;
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
}

/** A stop is seen after that long at the latest. */
const LOOK_MS = 5000;

/** Looks at once, and then every so often, counted from the beginning: a run that takes longer leaves out what was due meanwhile. */
export async function follow({ everyMs, forMs, isStopped, hasNews, run, pause, now }: Following): Promise<void> {
  const from = now();
  for (;;) {
    if (await isStopped()) {
      return;
    }
    if ((await hasNews()) && !(await run())) {
      return;
    }
    const next = from + (Math.floor((now() - from) / everyMs) + 1) * everyMs;
    if (next - from >= forMs) {
      return;
    }
    for (let left = next - now(); left > 0; left = next - now()) {
      await pause(Math.min(left, LOOK_MS));
      if (next - now() > 0 && (await isStopped())) {
        return;
      }
    }
  }
}

/** What a run read, if it read so little that reading it again is cheap. */
interface Known {
  readonly mark: string;
  readonly print: string;
}

/**
 * A reader that knows what its last run read: as long as reading from the same mark gives the same records, a run would find nothing to do.
 * Rows that are read again by a closed boundary or an overlap are compared as they are, so that late and changed ones are seen whatever their
 * time says. A page is the most that is compared: where more is read again, each look is a run.
 */
export function watched(reader: SourceReader): SourceReader & { isAsBefore(timeMs: number): Promise<boolean> } {
  let known: Known | undefined;
  let mark: Checkpoint | undefined;
  let pages: SourcePage[] = [];

  return {
    fields: () => reader.fields(),
    isOwn: (place) => reader.isOwn(place),
    faultOf: (error) => reader.faultOf(error),
    close: () => reader.close(),
    async begin(from) {
      mark = from;
      pages = [];

      return reader.begin(from);
    },
    async read(after, timeMs) {
      // Of more than one page nothing is kept.
      const page = await reader.read(after, timeMs);
      pages = pages.length > 1 ? pages : [...pages, page];

      return page;
    },
    markOf(end) {
      const next = reader.markOf(end);
      const [page, other] = pages;
      // A run that moved its mark read something else than the next one will.
      known =
        page?.isLast && other === undefined && mark !== undefined && JSON.stringify(mark) === JSON.stringify(next)
          ? { mark: JSON.stringify(mark), print: printOf(page) }
          : undefined;
      mark = undefined;
      pages = [];

      return next;
    },
    async isAsBefore(timeMs) {
      if (known === undefined) {
        return false;
      }
      const page = await reader.read(await reader.begin(JSON.parse(known.mark) as Checkpoint), timeMs);

      return page.isLast && printOf(page) === known.print;
    },
  };
}

function printOf({ records }: SourcePage): string {
  const hash: Hash = createHash('sha256');
  for (const { value } of records) {
    hash.update(JSON.stringify(value)).update('\n');
  }

  return hash.digest('base64');
}
