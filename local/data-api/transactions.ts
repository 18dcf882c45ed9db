import { randomBytes } from 'node:crypto';
import { AwsError } from '../errors.ts';
import { badRequest, transactionNotFound } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Running } from './run-statement.ts';
import type { Login, Session } from './session.ts';
import type { SessionPool } from './session-pool.ts';

interface Transaction {
  readonly id: string;
  readonly session: Session;
  readonly pool: SessionPool;
  readonly ends: NodeJS.Timeout;
  idle: NodeJS.Timeout | undefined;
  busy: boolean;
}

/** The open transactions: each holds a session until it is committed, rolled back or left alone for three minutes. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  async begin(pool: SessionPool): Promise<string> {
    const session = await pool.acquireForTransaction();
    const id = randomBytes(64).toString('base64');
    const transaction: Transaction = {
      id,
      session,
      pool,
      ends: setTimeout(() => this.#expire(id), this.#limits.transactionMillis),
      idle: undefined,
      busy: false,
    };
    this.#open.set(id, transaction);
    this.#rest(transaction);

    return id;
  }

  /** Throws `AwsError` BadRequestException for a statement that names another schema than its transaction. */
  requireDatabase(id: string, database: string | undefined): void {
    const begun = this.#open.get(id)?.pool.login.database;
    if (database === undefined || begun === undefined || database === begun) return;

    throw badRequest('Database name is not the same as transaction');
  }

  /**
   * Runs a statement in a transaction.
   * @param mayUse another user's transaction is not found
   */
  async use<T>(
    id: string,
    mayUse: (pool: SessionPool) => boolean,
    action: (session: Session, login: Login) => Running<T>,
  ): Promise<T> {
    const transaction = this.#take(id, mayUse);
    const { answer, settled } = action(transaction.session, transaction.pool.login);
    // A statement may run on after its answer (a timeout): the transaction is busy until then.
    const rested = settled.then(() => this.#rest(transaction));
    const value = await answer;
    await rested;

    return value;
  }

  async end(id: string, mayUse: (pool: SessionPool) => boolean, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const transaction = this.#take(id, mayUse);
    this.#remove(transaction);
    try {
      await transaction.session.run(how);
    } finally {
      transaction.pool.releaseFromTransaction(transaction.session);
    }
  }

  /** Ends the sessions, and the server rolls back. */
  close(): void {
    for (const transaction of this.#open.values()) {
      this.#remove(transaction);
      transaction.session.destroy();
    }
  }

  #take(id: string, mayUse: (pool: SessionPool) => boolean): Transaction {
    const transaction = this.#open.get(id);
    if (transaction === undefined || !mayUse(transaction.pool)) throw transactionNotFound(id);
    if (transaction.busy) {
      throw new AwsError('DatabaseErrorException', 'Transaction is still running a query');
    }
    transaction.busy = true;
    clearTimeout(transaction.idle);

    return transaction;
  }

  /** Between two statements. A session that died took its transaction with it. */
  #rest(transaction: Transaction): void {
    if (this.#open.get(transaction.id) !== transaction) return;
    if (!transaction.session.isUsable) {
      this.#discard(transaction);
      return;
    }
    transaction.busy = false;
    transaction.idle = setTimeout(() => this.#expire(transaction.id), this.#limits.transactionIdleMillis);
  }

  #expire(id: string): void {
    const transaction = this.#open.get(id);
    if (transaction !== undefined) this.#discard(transaction);
  }

  #discard(transaction: Transaction): void {
    this.#remove(transaction);
    if (transaction.session.isUsable) transaction.session.destroy();
    transaction.pool.releaseFromTransaction(transaction.session);
  }

  #remove(transaction: Transaction): void {
    clearTimeout(transaction.ends);
    clearTimeout(transaction.idle);
    this.#open.delete(transaction.id);
  }
}
