import { Refusal } from '../errors.ts';
import { type RollbackAnswer, type RollbackRequest, requireBatch } from './rollback-batch.ts';
import { undoImages } from './rollback-document-images.ts';
import {
  type DocumentRollback,
  note,
  ofBatch,
  type UndoingDocuments,
  undoneDocuments,
} from './rollback-document-log.ts';
import { type Counts, RESERVE_MS } from './rollback-images.ts';
import { WAITS_MS } from './rollback-inserted.ts';
import { documentsOf } from './run-mongo-commands.ts';
import { mongoFault } from './run-mongo-fault.ts';
import { IMAGES, makeImageCollections, serverTime } from './run-mongo-images.ts';
import { batchOf, numberOf } from './run-mongo-port.ts';
import { dateOf, valueText } from './run-mongo-value.ts';

/** Removed in one transaction. */
const AT_ONCE = 500;

/**
 * Undoes one batch of a task into MongoDB, as `rollbackBatch` does it with rows: some hundred documents at a time, each together with its image.
 *
 * @throws Refusal CAUSEWAY.0404 for a batch of which nothing is kept; InvalidSetting
 */
export async function rollbackDocuments(ports: DocumentRollback, request: RollbackRequest): Promise<RollbackAnswer> {
  requireBatch(request);
  const { target } = ports;
  const session = await ports.open();
  try {
    await makeImageCollections(session);
    const undoing = { ...ports, request, session };
    const before = await undoneBefore(undoing);
    const counts: Counts = { restored: 0, deleted: 0, handedOn: 0, left: 0, examples: [] };
    const keepsImages = target.write !== 'insert';
    if (keepsImages && request.after === undefined) {
      await requireImages(undoing, before);
    }
    const next = keepsImages ? await undoImages(undoing, counts) : await undoInserted(undoing, counts);
    const withoutImage =
      request.preview === true && target.write === 'upsert' ? await documentsWithoutImage(undoing) : undefined;

    return {
      ...{ batch: request.batch, table: target.collection, ...counts, before },
      ...(withoutImage !== undefined && { withoutImage }),
      ...(next !== undefined && { next }),
    };
  } finally {
    await session.close();
  }
}

async function undoneBefore({ session, task, request }: UndoingDocuments): Promise<RollbackAnswer['before']> {
  const { restored, deleted, handedOn } = await undoneDocuments(session, task, request.batch);

  return { restored, deleted, handedOn };
}

/** Undoing half of a batch, since the other half's time is over, would be worse than nothing. */
async function requireImages(undoing: UndoingDocuments, before: RollbackAnswer['before']): Promise<void> {
  const { session, task, target, request } = undoing;
  const late = { ...ofBatch(undoing), keptUntil: { $lte: dateOf(await serverTime(session)) } };
  const [[isLate], [isKept]] = [
    await documentsOf(session, IMAGES, late, { _id: 1 }, { limit: 1 }),
    await documentsOf(session, IMAGES, ofBatch(undoing), { _id: 1 }, { limit: 1 }),
  ];
  if (isLate !== undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The time of batch ${request.batch} is over: what was before it is kept no longer. Its documents are in ${target.collection}, by their batch number.`,
    });
  }
  if (isKept === undefined && before.restored + before.deleted + before.handedOn === 0) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `Nothing is kept of a batch ${request.batch} of ${task}: there was none, its time is over, or it was written before the task kept anything.`,
    });
  }
}

/** Of a task that only adds: what carries the number is what the batch added. */
async function undoInserted(undoing: UndoingDocuments, counts: Counts): Promise<number | undefined> {
  const { session, request, remainingMs } = undoing;
  if (request.preview === true) {
    counts.deleted = await countCarrying(undoing);
    return undefined;
  }
  let attempt = 0;
  while (remainingMs() >= RESERVE_MS) {
    await session.begin();
    try {
      const deleted = await removeCarrying(undoing);
      await (deleted > 0 ? note(undoing, { restored: 0, deleted, handedOn: 0 }) : undefined);
      await session.commit();
      counts.deleted += deleted;
      attempt = 0;
      if (deleted === 0) {
        return undefined;
      }
    } catch (error) {
      await session.rollback();
      const wait = WAITS_MS[attempt];
      if (mongoFault(error).kind !== 'passing' || wait === undefined) {
        throw error;
      }
      attempt += 1;
      await undoing.pause(wait);
    }
  }

  return 0;
}

async function removeCarrying({ session, target, request }: UndoingDocuments): Promise<number> {
  const carrying = { [target.batchNumberField ?? '']: request.batch };
  const found = await documentsOf(session, target.collection, carrying, { _id: 1 }, { limit: AT_ONCE });
  if (found.length === 0) {
    return 0;
  }
  const q = { _id: { $in: found.map(({ _id }) => _id ?? null) } };

  return numberOf((await session.command({ delete: target.collection, deletes: [{ q, limit: 0 }] }))['n']);
}

async function countCarrying({ session, target, request }: UndoingDocuments): Promise<number> {
  const pipeline = [{ $match: { [target.batchNumberField ?? '']: request.batch } }, { $count: 'n' }];
  const { documents } = batchOf(await session.command({ aggregate: target.collection, pipeline, cursor: {} }));

  return numberOf(documents[0]?.['n']);
}

async function documentsWithoutImage(undoing: UndoingDocuments): Promise<number> {
  const { session, target, request } = undoing;
  const carrying = { [target.batchNumberField ?? '']: request.batch };
  const kept = await documentsOf(session, IMAGES, ofBatch(undoing), { doc: 1 });
  const known = new Set(kept.map(({ doc }) => valueText(doc)));
  const documents = await documentsOf(session, target.collection, carrying, { _id: 1 });

  return documents.filter(({ _id }) => !known.has(valueText(_id))).length;
}
