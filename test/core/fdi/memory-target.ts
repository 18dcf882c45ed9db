import fc from 'fast-check';
import { type RunReport, runTask } from '../../../core/fdi/run-loop.ts';
import {
  type Checkpoint,
  NO_COUNTS,
  type RejectedRecord,
  type RunCounts,
  type RunTarget,
  type SourceReader,
  type SourceRecord,
} from '../../../core/fdi/run-ports.ts';

/** The process dies, before or behind a commit. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface Kill {
  /** The how manyth write of all; from 0. */
  readonly write: number;
  readonly committed: boolean;
}

/** A target in memory: rows by key, and the place beside them. */
export class MemoryTarget {
  readonly rows = new Map<string, unknown>();
  readonly rejected = new Map<string, RejectedRecord>();
  readonly #keyOf: (value: unknown) => string;
  kills: readonly Kill[] = [];
  place: Checkpoint = null;
  mark: Checkpoint = null;
  counts: RunCounts = NO_COUNTS;
  #isOpen = false;
  #writes = 0;

  constructor(keyOf: (value: unknown) => string) {
    this.#keyOf = keyOf;
  }

  #target(): RunTarget<SourceRecord> {
    return {
      plan: async () => ({ read: (record) => record, version: 'v' }),
      claim: async ({ id: run }) => {
        const isResumed = this.#isOpen;
        this.counts = isResumed ? this.counts : NO_COUNTS;
        this.place = isResumed ? this.place : null;
        this.#isOpen = true;

        return { kind: 'claimed', run, isResumed, checkpoint: this.place, mark: this.mark, counts: this.counts };
      },
      write: async ({ rows, rejected, checkpoint, bytes, isRepeated }) => {
        const kill = this.kills.find(({ write }) => write === this.#writes);
        this.#writes += 1;
        if (kill?.committed === false) {
          throw new Killed('before the commit');
        }
        let unchanged = 0;
        for (const { value } of rows) {
          const [key, text] = [this.#keyOf(value), JSON.stringify(value)];
          if (isRepeated && JSON.stringify(this.rows.get(key)) === text) {
            unchanged += 1;
          }
          this.rows.set(key, value);
        }
        this.place = JSON.parse(JSON.stringify(checkpoint));
        this.counts = {
          read: this.counts.read + rows.length + rejected,
          written: this.counts.written + rows.length - unchanged,
          unchanged: this.counts.unchanged + unchanged,
          rejected: this.counts.rejected + rejected,
          bytes: this.counts.bytes + bytes,
        };
        if (kill?.committed === true) {
          throw new Killed('behind the commit');
        }

        return { unchanged };
      },
      renew: async () => undefined,
      finish: async (mark) => {
        this.mark = JSON.parse(JSON.stringify(mark));
        this.#isOpen = false;
        this.place = null;

        return { isAwaited: false };
      },
      followed: async () => undefined,
      show: ({ position }) => ({ position }),
      release: async () => undefined,
      faultOf: (error) => ({ kind: 'lasting', message: String(error) }),
      close: async () => undefined,
    };
  }

  /** One attempt of a process of its own. */
  async attempt(reader: SourceReader): Promise<RunReport> {
    try {
      return await runTask<SourceRecord>({
        reader,
        target: this.#target(),
        quarantine: {
          put: async (_run, _version, records) => {
            for (const one of records) this.rejected.set(one.record.position, one);
          },
        },
        observer: { claimed: async () => undefined, moved: async () => undefined },
        claim: { id: 'run' },
        remainingMs: () => 900_000,
        isStopped: async () => false,
        pause: async () => undefined,
        now: () => 0,
      });
    } finally {
      await reader.close();
    }
  }

  /** As many attempts as it takes, each with a reader that knows nothing of the one before. */
  async run(reader: () => SourceReader): Promise<RunReport> {
    for (;;) {
      const report = await this.attempt(reader());
      if (report.end.kind !== 'failed' || !(report.end.error instanceof Killed)) {
        return report;
      }
    }
  }
}

/** Up to six deaths of a run. */
export const KILLS = fc.uniqueArray(fc.record({ write: fc.nat(30), committed: fc.boolean() }), {
  selector: ({ write }) => write,
  maxLength: 6,
});
