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
}

/** What the runner is told of it. */
export function mongoTargetOf({ collection, write, keys = [], objectIds = [] }: MongoTargetProps): MongoTarget {
  return { kind: 'mongodb', collection, write, keys, objectIds };
}
