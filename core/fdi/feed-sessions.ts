import type { RunSession } from './run-session.ts';
import type { Transactional } from './sole-session.ts';

/** What becomes of a session whose work failed: it goes on, it alone is closed, or all that lie idle are too. */
export type SessionFate = 'kept' | 'closed' | 'all closed';

export interface FeedSessionsOptions<Session> {
  readonly open: () => Promise<Session>;
  readonly fateOf: (error: unknown) => SessionFate;
  /** Side by side; more work waits. */
  readonly most?: number;
}

/** Ends calls in time: of whoever works, while connections outlive it. */
export interface SessionGuard<Session = RunSession> {
  inTime<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** The same session, whose calls end in time. */
  session(session: Session): Session;
}

/** As many partitions of Kafka as one function writes side by side. */
const MOST = 4;
const UNGUARDED = { inTime: <Answer>(call: Promise<Answer>) => call, session: <Session>(session: Session) => session };

/** Connections that are kept from batch to batch, one for each piece of work at a time. */
export class FeedSessions<Session extends Pick<Transactional, 'close'> = RunSession> {
  readonly #options: Required<FeedSessionsOptions<Session>>;
  #idle: Session[] = [];
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: FeedSessionsOptions<Session>) {
    this.#options = { most: MOST, ...options };
  }

  async use<Answer>(
    work: (session: Session) => Promise<Answer>,
    guard: SessionGuard<Session> = UNGUARDED,
  ): Promise<Answer> {
    while (this.#busy >= this.#options.most) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#busy += 1;
    let session: Session | undefined;
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

  async #opened({ inTime }: SessionGuard<Session>): Promise<Session> {
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

  async #afterFault(session: Session | undefined, fate: SessionFate): Promise<void> {
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
