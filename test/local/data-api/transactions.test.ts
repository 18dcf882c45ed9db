import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../../local/data-api/limits.ts';
import type { Session } from '../../../local/data-api/session.ts';
import type { SessionPool } from '../../../local/data-api/session-pool.ts';
import { Transactions } from '../../../local/data-api/transactions.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

const MINUTE = 60_000;

function pool() {
  const session = { isUsable: true, destroy: jest.fn(), run: async () => undefined };
  const fake = { acquireForTransaction: async () => session, releaseFromTransaction() {}, login: { database: '' } };

  return { session, pool: fake as unknown as SessionPool };
}

const quick = (_: Session) => ({ answer: Promise.resolve('done'), settled: Promise.resolve() });

test('a transaction ends after a day, however busy it is', async () => {
  const { session, pool: own } = pool();
  const transactions = new Transactions(LIMITS);
  const id = await transactions.begin(own);

  for (let minutes = 2; minutes < 24 * 60; minutes += 2) {
    jest.advanceTimersByTime(2 * MINUTE);
    expect(await transactions.use(id, () => true, quick)).toBe('done');
  }
  expect(session.destroy).not.toHaveBeenCalled();
  jest.advanceTimersByTime(2 * MINUTE);

  await expect(transactions.use(id, () => true, quick)).rejects.toMatchObject({ code: 'TransactionNotFoundException' });
  expect(session.destroy).toHaveBeenCalled();
});

test('a transaction nobody uses for three minutes ends', async () => {
  const transactions = new Transactions(LIMITS);
  const id = await transactions.begin(pool().pool);

  jest.advanceTimersByTime(3 * MINUTE - 1);
  expect(await transactions.use(id, () => true, quick)).toBe('done');
  jest.advanceTimersByTime(3 * MINUTE);

  await expect(transactions.use(id, () => true, quick)).rejects.toMatchObject({ code: 'TransactionNotFoundException' });
});
