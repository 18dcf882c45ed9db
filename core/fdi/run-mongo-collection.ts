import { InvalidSetting } from '../errors.ts';
import { checkCollection } from './run-mongo-source.ts';
import { checkKept } from './topic-task.ts';

/** A collection of MongoDB: each record becomes a document. */
export interface MongoTarget {
  readonly kind: 'mongodb';
  readonly collection: string;
  /**
   * `insert`: adds documents, with keys only those whose key is not there. `upsert`: adds, or sets what is mapped, by key. `delete`: removes by key
   * what the source gives.
   */
  readonly write: 'insert' | 'upsert' | 'delete';
  /** Names of the mapping that tell documents apart, `_id` or a unique index. */
  readonly keys: readonly string[];
  /** Names of the mapping whose 24 digits are ObjectIds. */
  readonly objectIds: readonly string[];
  /** The member that gets the number of the batch that wrote a document. */
  readonly batchNumberField?: string;
  /** How long it is kept what documents were before a batch changed or deleted them. */
  readonly rollbackSeconds?: number;
}

/** A member: no name of an operator, and no empty step of a path. */
const MEMBER = /^(?!\$)[^.\0]+(?:\.(?!\$)[^.\0]+)*$/;

/** @param where the setting's place, for the message. @throws InvalidSetting for what no collection can be told */
export function checkMongoTarget(target: MongoTarget, where: string): void {
  const { collection, write, keys, objectIds, batchNumberField, rollbackSeconds } = target;
  checkCollection(collection, `${where}.collection`);
  if (write !== 'insert' && write !== 'upsert' && write !== 'delete') {
    throw new InvalidSetting(`${where}.write`, write, '`insert`, `upsert` or `delete`');
  }
  if (write !== 'insert' && keys.length === 0) {
    throw new InvalidSetting(`${where}.keys`, [], `at least one name for ${write === 'upsert' ? 'an' : 'a'} ${write}`);
  }
  for (const name of [...keys, ...objectIds]) {
    checkMember(name, `${where}.keys`);
  }
  checkKept(rollbackSeconds, where);
  if (batchNumberField !== undefined) {
    checkMember(batchNumberField, `${where}.batchNumberField`);
  }
  if (batchNumberField !== undefined && write === 'delete') {
    const allowed = 'none: deleted documents have no batch number';
    throw new InvalidSetting(`${where}.batchNumberField`, batchNumberField, allowed);
  }
  if (rollbackSeconds !== undefined && write !== 'delete' && batchNumberField === undefined) {
    const allowed = 'a batchNumberField beside it, which tells whose documents they are';
    throw new InvalidSetting(`${where}.rollback`, `${rollbackSeconds} s`, allowed);
  }
}

/** What only adds is undone by the batch's number; what changes or deletes, by what it was before. */
export function canDocumentsBeUndone({ write, batchNumberField, rollbackSeconds }: MongoTarget): boolean {
  return write === 'insert' ? batchNumberField !== undefined : rollbackSeconds !== undefined;
}

/** @throws InvalidSetting for a name that is no path in a document */
export function checkMember(name: string, where: string): void {
  if (!MEMBER.test(name)) {
    throw new InvalidSetting(
      where,
      name,
      'names that do not begin with `$`, joined by dots where they lie in one another',
    );
  }
}
