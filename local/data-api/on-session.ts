import type { DataApi } from './operation.ts';
import type { Running } from './run-statement.ts';
import type { Login, Session } from './session.ts';
import type { SessionPool } from './session-pool.ts';
import type { SourceReference } from './source.ts';

/** Runs work on the request's transaction, or on a session that commits by itself. */
export async function onSession<T>(
  { sources, transactions }: DataApi,
  input: SourceReference & { readonly transactionId?: string },
  work: (session: Session, login: Login) => Running<T>,
): Promise<T> {
  if (input.transactionId !== undefined) {
    const mayUse = (pool: SessionPool) => sources.isSameLogin(pool, input);
    transactions.requireDatabase(input.transactionId, input.database);

    return transactions.use(input.transactionId, mayUse, work);
  }
  const pool = sources.pool(input);
  const session = await pool.acquire();
  const { answer, settled } = work(session, pool.login);
  void settled.then(() => pool.release(session));

  return answer;
}
