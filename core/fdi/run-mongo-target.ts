import { InvalidSetting } from '../errors.ts';
import { isFollowed, type ScheduledTask } from './run-definition.ts';
import type { MongoTarget } from './run-mongo-collection.ts';
import { type DocumentPlan, type DocumentRow, planDocuments } from './run-mongo-documents.ts';
import { mongoFault } from './run-mongo-fault.ts';
import {
  batchOf,
  isMongoRefused,
  type MongoDocument,
  MongoRefused,
  type MongoSession,
  numberOf,
  type OpenMongo,
} from './run-mongo-port.ts';
import { MongoPositions } from './run-mongo-positions.ts';
import type { PagePart, RunTarget } from './run-ports.ts';
import { soleSession } from './sole-session.ts';

export interface MongoWriting {
  readonly task: ScheduledTask;
  readonly target: MongoTarget;
  readonly open: OpenMongo;
}

/** https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Write-Command-Batch-Limit-Size is 100,000, and a message 48 MB. */
const WRITES = { commands: 1000, bytes: 8 * 1024 * 1024 } as const;
const ID = '_id';
/** NamespaceNotFound */
const NO_COLLECTION = 26;
/** A collection, with the task's place in the same database: a page and its place are one transaction. */
export function mongoTarget({ task, target, open }: MongoWriting): RunTarget<DocumentRow> {
  const positions = new MongoPositions(task.name);
  const owesRest = isFollowed(task);
  const sessions = soleSession(open);
  const { alone, together } = sessions;
  let plan: DocumentPlan | undefined;

  async function writeRows(own: MongoSession, rows: readonly DocumentRow[]): Promise<number> {
    let changed = 0;
    for (const part of parts(rows)) {
      changed += changedBy(await own.command(plan?.command(part) ?? { ping: 1 }));
    }

    return changed;
  }

  return {
    async plan(fields) {
      plan = planDocuments(task, target, fields);
      const unique = await alone((own) => uniqueKeys(own, target.collection));
      const keys = [...target.keys].sort().join();
      if (target.keys.length > 0 && !unique.some((one) => one === keys)) {
        const list = target.keys.map((name) => `${JSON.stringify(name)}: 1`).join(', ');
        throw new InvalidSetting(
          `${task.name}: target.keys`,
          target.keys,
          `_id, or the names of a unique index: db.${target.collection}.createIndex({ ${list} }, { unique: true })`,
        );
      }

      return plan;
    },

    claim(request) {
      return alone(async (own) => {
        await positions.prepare(own);

        return positions.claim(own, request);
      });
    },

    write({ rows, rejected, checkpoint, bytes }: PagePart<DocumentRow>) {
      const read = rows.length + rejected;

      return together(async (own) => {
        await positions.lock(own);
        const written = await writeRows(own, rows);
        await positions.advance(own, { checkpoint, read, written, unchanged: rows.length - written, rejected, bytes });

        return { unchanged: rows.length - written };
      });
    },

    async renew() {
      if (sessions.isOpen && !sessions.isBusy) {
        await alone((own) => positions.renew(own)).catch(() => undefined);
      }
    },

    finish(mark) {
      return together(async (own) => {
        const awaited = await positions.lock(own);
        await positions.finish(own, mark, owesRest);

        return awaited;
      });
    },

    async followed(run) {
      await (owesRest ? alone((own) => positions.followed(own, run)).catch(() => undefined) : undefined);
    },

    show: (row) => plan?.command([row]) ?? {},

    async release() {
      await alone((own) => positions.release(own)).catch(() => undefined);
    },

    faultOf: mongoFault,

    close: () => sessions.close(),
  };
}

/** The names of each unique index that holds for all documents, in the order of the alphabet. */
async function uniqueKeys(session: MongoSession, collection: string): Promise<readonly string[]> {
  try {
    const { documents } = batchOf(await session.command({ listIndexes: collection }));
    const unique = documents.filter(
      (index) => index['unique'] === true && index['partialFilterExpression'] === undefined,
    );

    return [
      ID,
      ...unique.map(({ key }) =>
        Object.keys(key as MongoDocument)
          .sort()
          .join(),
      ),
    ];
  } catch (error) {
    if (isMongoRefused(error) && error.code === NO_COLLECTION) {
      return [ID];
    }
    throw error;
  }
}

function parts(rows: readonly DocumentRow[]): readonly (readonly DocumentRow[])[] {
  const all: DocumentRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const last = all.at(-1);
    if (last === undefined || last.length === WRITES.commands || bytes + row.bytes > WRITES.bytes) {
      all.push([row]);
      bytes = row.bytes;
    } else {
      last.push(row);
      bytes += row.bytes;
    }
  }

  return all;
}

/** How many documents were added, changed or removed. @throws MongoRefused for the first that could not be */
function changedBy(reply: MongoDocument): number {
  const [error] = (reply['writeErrors'] ?? []) as readonly MongoDocument[];
  if (error !== undefined) {
    throw new MongoRefused(String(error['errmsg']), numberOf(error['code']));
  }
  const upserted = (reply['upserted'] ?? []) as readonly unknown[];

  // Of an update: what it changed and what it added; of others: how many there were.
  return reply['nModified'] === undefined ? numberOf(reply['n']) : numberOf(reply['nModified']) + upserted.length;
}
