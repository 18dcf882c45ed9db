import { operation, TARGET } from '../operation.ts';
import { refuseSchema } from '../parameter-shape.ts';
import type { SourceReference } from '../source.ts';

interface BeginTransaction extends SourceReference {
  readonly schema?: string;
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BeginTransaction.html */
export const beginTransaction = operation<BeginTransaction>('BeginTransaction', '/BeginTransaction', {
  input: TARGET,
  async run(input, { sources, transactions }) {
    refuseSchema(input.schema);

    return JSON.stringify({ transactionId: await transactions.begin(sources.pool(input)) });
  },
});
