import type { OpenSession, RunSession } from './run-session.ts';

/** What becomes of a session whose work failed: it goes on, it alone is closed, or all that lie idle are too. */
export type SessionFate = 'kept' | 'closed' | 'all closed';

export interface FeedSessionsOptions {
  readonly open: OpenSession;
  readonly fateOf: (error: unknown) => SessionFate;
  /** Side by side; more work waits. */
  readonly most?: number;
}

/** Ends calls in time: of whoever works, while connections outlive it. */
export interface SessionGuard {
  inTime<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** The same session, whose calls end in time. */
  session(session: RunSession): RunSession;
}

/** As many partitions of Kafka as one function writes side by side. */
const MOST = 4;
const UNGUARDED: SessionGuard = { inTime: (call) => call, session: (session) => session };

/** Connections that are kept from batch to batch, one for each piece of work at a time. */
export class FeedSessions {
  readonly #options: Required<FeedSessionsOptions>;
  #idle: RunSession[] = [];
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: FeedSessionsOptions) {
    this.#options = { most: MOST, ...options };
  }

  async use<Answer>(work: (session: RunSession) => Promise<Answer>, guard: SessionGuard = UNGUARDED): Promise<Answer> {
    while (this.#busy >= this.#options.most) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#busy += 1;
    let session: RunSession | undefined;
    try {
      session = this.#idle.pop() ?? (await this.#opened(guard));
      const answer = await work(guard.session(session));
      this.#idle.push(session);

      return answer;
    } catch (error) {
      await this.#afterFault(session, this.#options.fateOf(error));
      throw error;
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all(idle.map((session) => session.close()));
  }

  async #opened({ inTime }: SessionGuard): Promise<RunSession> {
    const opening = this.#options.open();
    try {
      return await inTime(opening);
    } catch (error) {
      // Nobody waits for it any more.
      opening.then(
        (late) => late.close(),
        () => undefined,
      );
      throw error;
    }
  }

  async #afterFault(session: RunSession | undefined, fate: SessionFate): Promise<void> {
    if (fate === 'kept' && session !== undefined) {
      this.#idle.push(session);
      return;
    }
    await session?.close();
    if (fate === 'all closed') {
      // Those of a server that went away are as dead as this one.
      await this.close();
    }
  }
}
