/**
 * A value in MongoDB's canonical extended JSON, in which nothing of its types is lost: `{ "$oid": "…" }`, `{ "$numberLong": "42" }`
 * (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json). What is sent may be relaxed: `42`.
 */
export type Ejson = null | boolean | string | number | readonly Ejson[] | MongoDocument;
export interface MongoDocument {
  readonly [name: string]: Ejson;
}

/** The server does not do a command, or a single write of it. */
export class MongoRefused extends Error {
  override readonly name = 'MongoRefused';
  /** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
  readonly code: number;
  /** Nothing of its transaction was done: the same again may work. */
  readonly isTransient: boolean;

  constructor(message: string, code: number, isTransient = false) {
    super(message);
    this.code = code;
    this.isTransient = isTransient;
  }
}

/** By its name: drivers lie in files of their own, each with a class of its own. */
export function isMongoRefused(error: unknown): error is MongoRefused {
  return error instanceof Error && error.name === 'MongoRefused';
}

/** One connection to the server of a database that takes writes. One call at a time. */
export interface MongoSession {
  /**
   * Runs a command of the database, whose first member is its name.
   *
   * @throws MongoRefused, or what the network says
   */
  command(command: MongoDocument, timeMs?: number): Promise<MongoDocument>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Never throws. */
  rollback(): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

/** Opens one. */
export type OpenMongo = () => Promise<MongoSession>;

/** @throws MongoRefused for the first of a command's writes that could not be done */
export function requireWritten(reply: MongoDocument): void {
  const [error] = (reply['writeErrors'] ?? []) as readonly MongoDocument[];
  if (error !== undefined) {
    throw new MongoRefused(String(error['errmsg']), numberOf(error['code']));
  }
}

/** The documents of a `find` or an `aggregate`, and whether there are more than came. */
export function batchOf(reply: MongoDocument): {
  readonly documents: readonly MongoDocument[];
  readonly cursor: string;
} {
  const { cursor } = reply as {
    cursor?: { firstBatch?: readonly MongoDocument[]; nextBatch?: readonly MongoDocument[]; id?: Ejson };
  };

  return { documents: cursor?.firstBatch ?? cursor?.nextBatch ?? [], cursor: numberText(cursor?.id ?? null) };
}

/** A number of a reply, whatever it was written as; 0 where there is none. */
export function numberOf(value: Ejson | undefined): number {
  return Number(numberText(value ?? null));
}

function numberText(value: Ejson): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return String(value ?? 0);
  }
  const [text = '0'] = Object.values(value);

  return String(text);
}
