import { NO_ROW } from './before-image.ts';
import type { LeftReason, LeftRow } from './rollback-batch.ts';
import { note, ofBatch, type UndoingDocuments } from './rollback-document-log.ts';
import { add, type Counts, RESERVE_MS, reasonToLeave } from './rollback-images.ts';
import { WAITS_MS } from './rollback-inserted.ts';
import { documentsOf, insertAll } from './run-mongo-commands.ts';
import { mongoFault } from './run-mongo-fault.ts';
import { type DocumentImage, documentImage, IMAGES, isDeletion } from './run-mongo-images.ts';
import { type MongoDocument, type MongoSession, numberOf, requireWritten } from './run-mongo-port.ts';
import { type HeldMember, restoring, stateHash, stateOf } from './run-mongo-state.ts';
import { valueText } from './run-mongo-value.ts';

/** How an image stands to what is there now. */
interface Standing {
  readonly image: DocumentImage;
  /** The image of a later batch that changed the document again. */
  readonly next: DocumentImage | undefined;
  readonly current: MongoDocument | undefined;
  readonly reason: LeftReason | undefined;
}

/** Documents undone in one transaction. */
const AT_ONCE = 200;

/** A document is not what it was when it was looked at: it is looked at again. */
class DocumentsChanged extends Error {
  override readonly name = 'DocumentsChanged';
}

/** Image by image. @returns behind which one to go on, when its time is over */
export async function undoImages(undoing: UndoingDocuments, counts: Counts): Promise<number | undefined> {
  let after = undoing.request.after ?? 0;
  for (;;) {
    const filter = { ...ofBatch(undoing), at: { $gt: { $numberLong: String(after) } } };
    const rest = { sort: { at: 1 }, limit: AT_ONCE };
    const page = await documentsOf(undoing.session, IMAGES, filter, { at: 1 }, rest);
    const last = page.at(-1);
    if (last === undefined) {
      return undefined;
    }
    if (undoing.remainingMs() < RESERVE_MS) {
      return after;
    }
    await undoPiece(
      undoing,
      page.map(({ _id }) => String(_id)),
      counts,
    );
    after = numberOf(last['at']);
  }
}

/** Whole if it can be, else one by one: a document that the collection refuses leaves the others undone all the same. */
async function undoPiece(undoing: UndoingDocuments, ids: readonly string[], counts: Counts): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return add(counts, await undoTogether(undoing, ids));
    } catch (error) {
      const kind = error instanceof DocumentsChanged ? 'passing' : mongoFault(error).kind;
      if (kind === 'data' && ids.length > 1) {
        for (const id of ids) {
          await undoPiece(undoing, [id], counts);
        }
        return;
      }
      if (kind === 'data') {
        const examples = (await standing(undoing, ids)).map((one) => leftOf(one, 'refused', error));
        return add(counts, { restored: 0, deleted: 0, handedOn: 0, left: 1, examples });
      }
      const wait = WAITS_MS[attempt];
      if (kind !== 'passing' || wait === undefined) {
        throw error;
      }
      await undoing.pause(wait);
    }
  }
}

async function undoTogether(undoing: UndoingDocuments, ids: readonly string[]): Promise<Counts> {
  const { session, request } = undoing;
  if (request.preview === true) {
    return sorted(await standing(undoing, ids)).counts;
  }
  await session.begin();
  try {
    const { counts, undone, ...work } = sorted(await standing(undoing, ids));
    await handOn(session, work.handOn);
    await restore(undoing, work.restore);
    await insertAll(
      session,
      undoing.target.collection,
      work.insertAgain.map(({ image }) => image.image as MongoDocument),
    );
    await remove(undoing, work.remove);
    if (undone.length > 0) {
      const q = { _id: { $in: undone.map(({ image }) => image.id) } };
      await exactly(session, { delete: IMAGES, deletes: [{ q, limit: 0 }] }, undone.length);
      await note(undoing, counts);
    }
    await session.commit();

    return counts;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

/** What each image says, what comes behind it and what is there. In a transaction it stays so: who changes any of it meanwhile, or this, is refused. */
async function standing({ session, target }: UndoingDocuments, ids: readonly string[]): Promise<readonly Standing[]> {
  const sort = { sort: { at: 1 } };
  const images = (await documentsOf(session, IMAGES, { _id: { $in: ids } }, {}, sort)).map(documentImage);
  const docs = { $in: images.map(({ doc }) => doc) };
  const documents = await documentsOf(session, target.collection, { _id: docs });
  const current = new Map(documents.map((document) => [valueText(document['_id']), document]));
  const behind = Map.groupBy(
    (await documentsOf(session, IMAGES, { target: target.collection, doc: docs })).map(documentImage),
    ({ doc }) => valueText(doc),
  );

  return images.map((image) => {
    const id = valueText(image.doc);
    const [next] = (behind.get(id) ?? [])
      .filter(({ order }) => order > image.order)
      .toSorted((one, other) => one.order - other.order);
    const there = current.get(id);

    return {
      ...{ image, next, current: there },
      reason: reasonToLeave({
        next,
        isLinked: next?.imageHash === image.writtenHash && JSON.stringify(next.paths) === JSON.stringify(image.paths),
        isSame: stateHash(stateOf(there, image.paths)) === image.writtenHash,
        isThere: there !== undefined,
      }),
    };
  });
}

/** What is to be done with each document. */
function sorted(all: readonly Standing[]) {
  const undone = all.filter(({ reason }) => reason === undefined);
  const left = all.filter(({ reason }) => reason !== undefined);
  const last = undone.filter(({ next }) => next === undefined);
  const isNew = ({ image }: Standing) => image.imageHash === NO_ROW;
  const groups = {
    handOn: undone.filter(({ next }) => next !== undefined),
    // What was neither before nor after it, since a batch in between was undone, is only forgotten.
    forget: last.filter((one) => isDeletion(one.image) && isNew(one)),
    insertAgain: last.filter((one) => isDeletion(one.image) && !isNew(one)),
    remove: last.filter((one) => !isDeletion(one.image) && isNew(one)),
    restore: last.filter((one) => !(isDeletion(one.image) || isNew(one))),
  };
  const counts: Counts = {
    restored: groups.restore.length + groups.insertAgain.length + groups.forget.length,
    deleted: groups.remove.length,
    handedOn: groups.handOn.length,
    left: left.length,
    examples: left.map((one) => leftOf(one, one.reason ?? 'changed')),
  };

  return { counts, undone, ...groups };
}

async function handOn(session: MongoSession, all: readonly Standing[]): Promise<void> {
  const updates = all.map(({ image: { image, imageHash }, next }) => ({
    ...{ q: { _id: next?.id ?? '' }, u: { $set: { image: image as MongoDocument | null, imageHash } } },
  }));
  if (updates.length > 0) {
    await exactly(session, { update: IMAGES, updates }, updates.length);
  }
}

async function restore({ session, target }: UndoingDocuments, all: readonly Standing[]): Promise<void> {
  const updates = all.map(({ image, current = {} }) => ({
    ...{ q: { _id: image.doc }, u: restoring(current, image.image as readonly HeldMember[]) },
  }));
  if (updates.length > 0) {
    await exactly(session, { update: target.collection, updates }, updates.length);
  }
}

async function remove({ session, target }: UndoingDocuments, all: readonly Standing[]): Promise<void> {
  if (all.length > 0) {
    const q = { _id: { $in: all.map(({ image }) => image.doc) } };
    await exactly(session, { delete: target.collection, deletes: [{ q, limit: 0 }] }, all.length);
  }
}

async function exactly(session: MongoSession, command: MongoDocument, count: number): Promise<void> {
  const reply = await session.command(command);
  requireWritten(reply);
  if (numberOf(reply['n']) !== count) {
    throw new DocumentsChanged('documents have changed since they were looked at');
  }
}

function leftOf({ image }: Standing, reason: LeftReason, error?: unknown): LeftRow {
  const message = error instanceof Error ? error.message.slice(0, 300) : undefined;

  return { key: image.key, reason, ...(message !== undefined && { message }) };
}
