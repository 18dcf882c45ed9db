import { InvalidSetting } from '../errors.ts';
import { checkCollection } from './run-mongo-source.ts';

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
}

/** A member: no name of an operator, and no empty step of a path. */
const MEMBER = /^(?!\$)[^.\0]+(?:\.(?!\$)[^.\0]+)*$/;

/** @param where the setting's place, for the message. @throws InvalidSetting for what no collection can be told */
export function checkMongoTarget({ collection, write, keys, objectIds }: MongoTarget, where: string): void {
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
