import type { RollbackAnswer } from '../../core/fdi/rollback-batch.ts';
import { type Calls, path } from './calls.ts';

export interface RollbackOperations {
  /** @param request `batch`, `preview`, `after` */
  rollbackBatch(
    task: string,
    request: { readonly batch: string; readonly preview?: boolean; readonly after?: number },
  ): Promise<RollbackAnswer>;
}

export function rollbackOperations({ send }: Calls): RollbackOperations {
  return {
    rollbackBatch: (task, request) =>
      send('POST', path`/tasks/${task}/rollbacks`, request) as ReturnType<RollbackOperations['rollbackBatch']>,
  };
}
