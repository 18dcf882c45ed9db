import { operation, SOURCE, TRANSACTION_ID } from '../operation.ts';
import type { SourceReference } from '../source.ts';

interface CommitTransaction extends SourceReference {
  readonly transactionId: string;
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_CommitTransaction.html */
export const commitTransaction = operation<CommitTransaction>('CommitTransaction', '/CommitTransaction', {
  input: { ...SOURCE, transactionId: { ...TRANSACTION_ID, required: true } },
  async run(input, { sources, transactions }) {
    await transactions.end(input.transactionId, (pool) => sources.isSameLogin(pool, input), 'COMMIT');

    return JSON.stringify({ transactionStatus: 'Transaction Committed' });
  },
});
