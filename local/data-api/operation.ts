import type { Shape } from '../aws/request-shape.ts';
import type { Limits } from './limits.ts';
import type { SourceReference, Sources } from './source.ts';
import type { Transactions } from './transactions.ts';

/** What operations work with. */
export interface DataApi {
  readonly sources: Sources;
  readonly transactions: Transactions;
  readonly limits: Limits;
}

/** One operation of the Data API, at its path; answers JSON text. */
export interface Operation {
  readonly name: string;
  readonly path: string;
  readonly input: Shape;
  run(input: never, api: DataApi): Promise<string>;
}

export function operation<I extends SourceReference>(
  name: string,
  path: string,
  definition: { readonly input: Shape; run(input: I, api: DataApi): Promise<string> },
): Operation {
  return { name, path, ...definition } as Operation;
}

/** The model says 100 for both; AWS takes longer ones, as the master secret RDS itself names: soto-project/soto#471. */
const ARN_LENGTH = { min: 11, max: 2048 };

export const SOURCE: Shape = {
  resourceArn: { type: 'string', required: true, ...ARN_LENGTH },
  secretArn: { type: 'string', required: true, ...ARN_LENGTH },
};

/** Where statements run. `schema` is checked by hand: the API has it, and MySQL clusters refuse it. */
export const TARGET: Shape = {
  ...SOURCE,
  database: { type: 'string', max: 64 },
  schema: { type: 'string', max: 64 },
};

export const TRANSACTION_ID = { type: 'string', max: 192 } as const;
