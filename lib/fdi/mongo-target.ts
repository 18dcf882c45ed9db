import type { Duration } from 'aws-cdk-lib';
import type { MongoTarget } from '../../core/fdi/run-mongo-collection.ts';
import type { MongoLoginProps } from './database-login.ts';

/** A collection of MongoDB as a target, once: documents and the task's place are one transaction, which a replica set or a sharded cluster takes. */
export interface MongoTargetProps {
  readonly mongodb: MongoLoginProps;
  readonly collection: string;
  /**
   * `insert`: adds documents, with keys only those whose key is not there. `upsert`: adds, or sets what is mapped, by key; what is there as it is
   * stays untouched. `delete`: removes by key what the source gives.
   */
  readonly write: MongoTarget['write'];
  /**
   * The names of the mapping that tell documents apart: `_id`, or those of a unique index.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * Names of the mapping whose texts, 24 hexadecimal digits, become ObjectIds.
   * @default - none
   */
  readonly objectIds?: readonly string[];
  /**
   * The member that gets the number of the batch that wrote a document, by which it is undone: a path that the mapping does not fill. What is
   * there as it is keeps its number.
   * @default - documents have none
   */
  readonly batchNumberField?: string;
  /**
   * How long it is kept what documents were before a batch changed or deleted them, so that `causeway task rollback` can undo it: 1 minute to 90
   * days. Beside the documents, in the target's own database. What only inserts needs none: its batches are undone by their numbers, whenever.
   * @default - nothing is kept, and nothing that was changed or deleted can be undone
   */
  readonly rollback?: Duration;
}

/** What the runner is told of it. */
export function mongoTargetOf({
  collection,
  write,
  keys = [],
  objectIds = [],
  batchNumberField,
  rollback,
}: MongoTargetProps): MongoTarget {
  return {
    ...{ kind: 'mongodb', collection, write, keys, objectIds },
    ...(batchNumberField !== undefined && { batchNumberField }),
    ...(rollback !== undefined && { rollbackSeconds: rollback.toSeconds() }),
  };
}
