import type { BatchesAnswer } from '../../core/fdi/list-batches.ts';
import type { RollbackAnswer } from '../../core/fdi/rollback-batch.ts';
import { type Calls, path, type Query } from './calls.ts';

export interface RollbackOperations {
  /** @param request `batch`, `preview`, `after` */
  rollbackBatch(
    task: string,
    request: { readonly batch: string; readonly preview?: boolean; readonly after?: number },
  ): Promise<RollbackAnswer>;
  /** @param query `since`, `limit` */
  batches(task: string, query: Query): Promise<BatchesAnswer>;
}

export function rollbackOperations({ ask, send }: Calls): RollbackOperations {
  return {
    rollbackBatch: (task, request) =>
      send('POST', path`/tasks/${task}/rollbacks`, request) as ReturnType<RollbackOperations['rollbackBatch']>,
    batches: (task, query) => ask(path`/tasks/${task}/batches`, query) as Promise<BatchesAnswer>,
  };
}
