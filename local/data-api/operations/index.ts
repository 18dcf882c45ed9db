import type { Operation } from '../operation.ts';
import { batchExecuteStatement } from './batch-execute-statement.ts';
import { beginTransaction } from './begin-transaction.ts';
import { commitTransaction } from './commit-transaction.ts';
import { executeStatement } from './execute-statement.ts';
import { rollbackTransaction } from './rollback-transaction.ts';

/** By path. ExecuteSql is not served: AWS has deprecated it and current clusters do not have it. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [executeStatement, batchExecuteStatement, beginTransaction, commitTransaction, rollbackTransaction].map(
    (operation) => [operation.path, operation],
  ),
);
