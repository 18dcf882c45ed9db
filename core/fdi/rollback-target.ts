/** What of a task's target says whether its batches can be undone. */
export interface RollbackTarget {
  readonly table: string;
  readonly write: 'insert' | 'upsert' | 'delete';
  readonly batchNumberColumn?: string;
  readonly rollbackSeconds?: number;
}

/** What only adds is undone by the batch's number; what changes or deletes, by what it was before. */
export function canBeUndone({ write, batchNumberColumn, rollbackSeconds }: RollbackTarget): boolean {
  return write === 'insert' ? batchNumberColumn !== undefined : rollbackSeconds !== undefined;
}
