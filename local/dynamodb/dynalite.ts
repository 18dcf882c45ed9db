import { createRequire } from 'node:module';
import { AwsError } from '../errors.ts';
import { type KeyRead, plainReads } from './plain-reads.ts';

/**
 * The parts of dynalite that we call. Its HTTP server is left aside: it throws where it should answer, which would end
 * the runtime, and checks signatures that the endpoint in front has read already. The version is pinned exactly.
 */
interface DynaliteStore {
  readonly db: LevelDatabase;
  readonly tableDb: {
    awsAccountId: string;
    awsRegion: string;
    get(key: string, callback: (error: Error | null, value?: unknown) => void): void;
    put(key: string, value: unknown, callback: (error: Error | null) => void): void;
    del(key: string, callback: (error: Error | null) => void): void;
  };
  readonly lifecycleManager: { gracefulClose(): Promise<void>; trackOperation(operation: Promise<void>): void };
  deleteIndexDb(type: 'Global', table: string, index: string, callback: (error?: Error | null) => void): void;
}

interface LevelDatabase {
  readonly status: string;
  get(key: string, callback?: Answer): unknown;
  getSync(key: string): unknown;
}

type Answer = (error: unknown, value?: unknown) => void;
type Document = Record<string, unknown>;
type Action = (store: DynaliteStore, input: Document, callback: (error: unknown, output?: Document) => void) => void;

interface Validation {
  readonly types: Document;
  readonly custom?: unknown;
}

const load = createRequire(import.meta.url);
const db = load('dynalite/db') as {
  create(options: Document): DynaliteStore;
  /** An error for a key that is not the table's. */
  validateKey(key: Document, table: Document): unknown;
  createKey(key: Document, table: Document): string;
};
const validations = load('dynalite/validations') as {
  checkTypes(input: Document, types: Document): Document;
  checkValidations(input: Document, types: Document, custom: unknown, store: DynaliteStore): void;
};

/** What dynalite knows to do; transactions, PartiQL, streams, backups and global tables it does not. */
export const DYNALITE_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;
export type DynaliteOperation = (typeof DYNALITE_OPERATIONS)[number];

export interface Dynalite {
  /** Throws `AwsError`. */
  call(operation: DynaliteOperation, input: Document): Promise<Document>;
  /** The table as it is stored, to change what no operation changes. */
  readTable(name: string): Promise<Document | undefined>;
  writeTable(name: string, table: Document): Promise<void>;
  deleteIndex(table: string, index: string): Promise<void>;
  close(): Promise<void>;
}

/** @param path the folder of its LevelDB */
export function openDynalite(path: string, { account, region }: { account: string; region: string }): Dynalite {
  const store = db.create({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.tableDb.awsAccountId = account;
  store.tableDb.awsRegion = region;
  let others = 0;
  let closing = false;
  const running = new Set<Promise<unknown>>();
  const run = async <T>(begin: (callback: (error: unknown, value?: T) => void) => void): Promise<T | undefined> => {
    const answer = new Promise<T | undefined>((resolve, reject) => {
      begin((error, value) => (error ? reject(error) : resolve(value)));
    });
    running.add(answer);
    try {
      return await answer;
    } finally {
      running.delete(answer);
    }
  };
  const onlyReads = () => others === 0 && store.db.status === 'open';
  readDirectly(store, onlyReads);
  const tables = knownTables(store);

  return {
    async call(operation, input) {
      if (closing) throw new AwsError('InternalServerError', 'The tables are being closed.', 500);
      const reads = onlyReads() ? plainReads(operation, input) : undefined;
      const items = reads && readPlainly(store, tables, reads);
      if (items !== undefined) return operation === 'GetItem' ? oneItem(items) : batch(reads ?? [], items);
      const name = operation.charAt(0).toLowerCase() + operation.slice(1);
      const { types, custom } = load(`dynalite/validations/${name}`) as Validation;
      const action = load(`dynalite/actions/${name}`) as Action;

      const counted = operation === 'GetItem' ? 0 : 1;
      others += counted;
      try {
        const checked = validations.checkTypes(input, types);
        validations.checkValidations(checked, types, custom, store);

        return (await run<Document>((callback) => action(store, checked, callback))) ?? {};
      } catch (error) {
        throw awsError(error);
      } finally {
        others -= counted;
      }
    },
    readTable: (name) =>
      new Promise((resolve, reject) => {
        store.tableDb.get(name, (error, value) => {
          if (error && error.name !== 'NotFoundError') return reject(error);
          resolve(value as Document | undefined);
        });
      }),
    writeTable: (name, table) =>
      new Promise((resolve, reject) => {
        store.tableDb.put(name, table, (error) => (error ? reject(error) : resolve()));
      }),
    async deleteIndex(table, index) {
      await run((callback) => store.deleteIndexDb('Global', table, index, callback));
    },
    async close() {
      closing = true;
      // dynalite would close the database under a table that is being deleted: its scan would never end.
      await Promise.allSettled(running);
      await store.lifecycleManager.gracefulClose();
    },
  };
}

/**
 * Reads on this thread: what is asked for lies in memory nearly always and is there within microseconds, while the way over LevelDB's own threads
 * takes a good part of a call, twice for every item (its table is read as well). Not beside operations that write: they keep their own order.
 */
function readDirectly({ db, lifecycleManager }: DynaliteStore, onlyReads: () => boolean): void {
  const get = db.get;
  db.get = (key, callback) => {
    if (callback === undefined || !onlyReads() || db.status !== 'open') return get(key, callback);
    let [error, value]: [unknown, unknown] = [null, undefined];
    try {
      value = db.getSync(key);
    } catch (reason) {
      error = reason;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    // Closing waits for it: what comes of an answer begins before the database is closed.
    lifecycleManager.trackOperation(promise);
    setImmediate(() => {
      resolve();
      callback(error, value);
    });

    return undefined;
  };
}

/** The tables as they are stored, each read once; from any change of one on they are read anew. */
function knownTables({ tableDb, db: stored }: DynaliteStore): (name: string) => Document | undefined {
  const known = new Map<string, Document>();
  for (const change of ['put', 'del'] as const) {
    const before = tableDb[change] as (...args: unknown[]) => void;
    tableDb[change] = (...args: unknown[]) => {
      const callback = args.pop() as (error: Error | null) => void;
      known.clear();
      before(...args, (error: Error | null) => {
        known.clear();
        callback(error);
      });
    };
  }

  return (name) => {
    const table = known.get(name) ?? (stored.getSync(`table~${name}`) as Document | undefined);
    if (table !== undefined) known.set(name, table);

    return table;
  };
}

/** Undefined where a table is not there to be read, or a key is not the table's: dynalite knows the words. */
function readPlainly(
  { db: stored }: DynaliteStore,
  tableOf: (name: string) => Document | undefined,
  reads: readonly KeyRead[],
): readonly (Document | undefined)[] | undefined {
  const places: string[] = [];
  for (const { table: name, key } of reads) {
    const table = tableOf(name);
    const status = table?.['TableStatus'];
    if (table === undefined || (status !== 'ACTIVE' && status !== 'UPDATING')) return undefined;
    if (db.validateKey(key, table) != null) return undefined;
    places.push(`item-${name}~${db.createKey(key, table)}`);
  }

  return places.map((place) => stored.getSync(place) as Document | undefined);
}

function oneItem([item]: readonly (Document | undefined)[]): Document {
  return item === undefined ? {} : { Item: item };
}

function batch([read]: readonly KeyRead[], items: readonly (Document | undefined)[]): Document {
  return { Responses: { [read?.table ?? '']: items.filter((item) => item !== undefined) }, UnprocessedKeys: {} };
}

/** `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException` → the name behind the hash. */
function awsError(error: unknown): unknown {
  const { body, statusCode } = error as { body?: Document; statusCode?: number };
  if (body === undefined || typeof body['__type'] !== 'string') return error;
  const { __type: type, message, Message, ...fields } = body;
  const code = (type as string).slice((type as string).indexOf('#') + 1);

  return new AwsError(code, String(message ?? Message ?? ''), statusCode, fields);
}
