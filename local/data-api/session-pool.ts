import { type Login, Session } from './session.ts';

/**
 * The sessions of one user and schema. The last one returned is the first one taken: its prepared statements are warm.
 * Sessions that run transactions (autocommit off) are kept apart, so that beginning one costs no round trip.
 */
export class SessionPool {
  readonly login: Login;
  readonly #maximum: number;
  readonly #free: Session[] = [];
  readonly #freeForTransactions: Session[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(login: Login, maximum: number) {
    this.login = login;
    this.#maximum = maximum;
  }

  acquire(): Promise<Session> {
    return this.#take(this.#free, this.#freeForTransactions, 'SET autocommit = 1');
  }

  acquireForTransaction(): Promise<Session> {
    return this.#take(this.#freeForTransactions, this.#free, 'SET autocommit = 0');
  }

  /** Give it back when its statement is done. */
  release(session: Session): void {
    this.#giveBack(session, this.#free);
  }

  /** Give it back after COMMIT or ROLLBACK. */
  releaseFromTransaction(session: Session): void {
    this.#giveBack(session, this.#freeForTransactions);
  }

  /** Ends the free sessions; the others when they come back. */
  close(): void {
    this.#closed = true;
    for (const session of [...this.#free.splice(0), ...this.#freeForTransactions.splice(0)]) session.close();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #take(own: Session[], other: Session[], mode: string): Promise<Session> {
    for (;;) {
      const free = lastUsable(own, () => this.#forget());
      if (free !== undefined) return free;
      if (this.#open < this.#maximum) break;
      const converted = lastUsable(other, () => this.#forget());
      if (converted !== undefined) return this.#set(converted, mode);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open += 1;
    try {
      const session = await Session.open(this.login);
      return own === this.#free ? session : await this.#set(session, mode);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  async #set(session: Session, mode: string): Promise<Session> {
    await session.run(mode);

    return session;
  }

  #giveBack(session: Session, list: Session[]): void {
    if (this.#closed || session.stateful || !session.isUsable) {
      if (session.isUsable) session.close();
      this.#forget();
      return;
    }
    list.push(session);
    this.#waiting.shift()?.();
  }

  #forget(): void {
    this.#open -= 1;
    this.#waiting.shift()?.();
  }
}

function lastUsable(sessions: Session[], forget: () => void): Session | undefined {
  for (let session = sessions.pop(); session !== undefined; session = sessions.pop()) {
    if (session.isUsable) return session;
    forget();
  }

  return undefined;
}
