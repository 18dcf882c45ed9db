import { operation, SOURCE, TRANSACTION_ID } from '../operation.ts';
import type { SourceReference } from '../source.ts';

interface RollbackTransaction extends SourceReference {
  readonly transactionId: string;
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_RollbackTransaction.html */
export const rollbackTransaction = operation<RollbackTransaction>('RollbackTransaction', '/RollbackTransaction', {
  input: { ...SOURCE, transactionId: { ...TRANSACTION_ID, required: true } },
  async run(input, { sources, transactions }) {
    await transactions.end(input.transactionId, (pool) => sources.isSameLogin(pool, input), 'ROLLBACK');

    return JSON.stringify({ transactionStatus: 'Rollback Complete' });
  },
});
