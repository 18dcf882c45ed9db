import { InvalidSetting } from '../errors.ts';
import { parsePath } from './path.ts';
import { checkFields } from './run-fields.ts';
import type { MongoDocument } from './run-mongo-port.ts';
import type { Increment } from './run-source.ts';
import { timeZoneOffset } from './time-zone.ts';
import type { MetadataField } from './topic-task.ts';

/** What is new in a collection, as of a table. */
export interface MongoIncrement extends Omit<Increment, 'column'> {
  /** The path of a date, an id (ObjectId) or a number that grows whenever a document is added or changed. Documents without it are not read. */
  readonly field: string;
}

/** Documents of a collection of MongoDB. */
export interface MongoSource {
  readonly kind: 'mongodb';
  readonly collection: string;
  /** As of `find`, in extended JSON. */
  readonly filter?: MongoDocument;
  /** Without them the members of the newest documents, by their names. */
  readonly fields?: readonly MetadataField[];
  /** Everything each time without it. */
  readonly increment?: MongoIncrement;
  readonly timeZone: string;
}

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
const COLLECTION = /^(?!system\.)[^$\0]{1,200}$/;

/** @throws InvalidSetting for a source that cannot be read whatever the collection holds */
export function checkMongoSource(source: MongoSource, where: string): void {
  const { collection, filter, fields, increment, timeZone } = source;
  checkCollection(collection, `${where}.collection`);
  if (filter !== undefined && (typeof filter !== 'object' || filter === null || Array.isArray(filter))) {
    throw new InvalidSetting(
      `${where}.filter`,
      filter,
      'an object, as `find` takes it: `{ status: { $ne: "draft" } }`',
    );
  }
  const script = scriptIn(filter);
  if (script !== undefined) {
    throw new InvalidSetting(`${where}.filter`, script, 'no code of JavaScript: the server would run it');
  }
  if (fields !== undefined) {
    checkFields(fields, `${where}.fields`);
  }
  if (increment !== undefined) {
    checkIncrement(increment, `${where}.increment`);
  }
  timeZoneOffset(timeZone, `${where}.timeZone`);
}

/** @throws InvalidSetting */
export function checkCollection(collection: string, where: string): void {
  if (!COLLECTION.test(collection)) {
    throw new InvalidSetting(where, collection, 'the name of a collection: up to 200 characters, without `$`');
  }
}

function checkIncrement({ field, boundary, overlap }: MongoIncrement, where: string): void {
  if (parsePath(field, `${where}.field`).some((step) => typeof step === 'number')) {
    throw new InvalidSetting(`${where}.field`, field, 'a path of names: no place in a list grows');
  }
  if (boundary !== 'open' && boundary !== 'closed') {
    throw new InvalidSetting(`${where}.boundary`, boundary, '`open` or `closed`');
  }
  if (!Number.isInteger(overlap) || overlap < 0) {
    throw new InvalidSetting(`${where}.overlap`, overlap, 'a whole number from 0: seconds, or what the field counts');
  }
}

function scriptIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (const [name, held] of Object.entries(value)) {
    const found = ['$where', '$function', '$accumulator'].includes(name) ? name : scriptIn(held);
    if (found !== undefined) {
      return found;
    }
  }

  return undefined;
}
