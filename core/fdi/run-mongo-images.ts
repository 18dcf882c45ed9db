import { EXTERNAL_IMAGES, NO_ROW } from './before-image.ts';
import { PORTION } from './expire-images.ts';
import { BETWEEN_PORTIONS } from './run-images.ts';
import { documentsOf, insertAll } from './run-mongo-commands.ts';
import { type Ejson, type MongoDocument, type MongoSession, numberOf } from './run-mongo-port.ts';
import { makeOwnCollection } from './run-mongo-positions.ts';
import { type HeldState, stateHash, stateOf } from './run-mongo-state.ts';
import { dateMs, dateOf, ejsonAt, plainValue, valueText } from './run-mongo-value.ts';

export const { images: IMAGES, log: ROLLBACK_LOG } = EXTERNAL_IMAGES;

/** Whose images these are. */
export interface DocumentImaging {
  readonly task: string;
  readonly collection: string;
  readonly keys: readonly string[];
  /** The members that a batch may change; null where it deletes documents. */
  readonly paths: readonly string[] | null;
  readonly keptSeconds: number;
}

/** What a batch did to a document, as it is kept in `causeway_before_image`. */
export interface DocumentImage {
  /** The batch and the document's number in it. */
  readonly id: string;
  readonly at: number;
  /** The document's `_id`. */
  readonly doc: Ejson;
  /** Of the images of one document a later one has a greater one. */
  readonly order: number;
  readonly key: Readonly<Record<string, string>>;
  readonly paths: readonly string[] | null;
  /** What was before the batch; null of a document that it added. */
  readonly image: HeldState | null;
  readonly imageHash: string;
  readonly writtenHash: string;
}

/** A document before a batch and behind it; undefined where there is none. */
export interface ChangedDocument {
  readonly before: MongoDocument | undefined;
  readonly after: MongoDocument | undefined;
}

/** Makes the collections of images where they are missing, and their indexes. */
export async function makeImageCollections(session: MongoSession): Promise<void> {
  await makeOwnCollection(session, IMAGES);
  await makeOwnCollection(session, ROLLBACK_LOG);
  const index = (name: string, ...members: readonly string[]) => ({
    ...{ name, key: Object.fromEntries(members.map((member) => [member, 1])) },
  });
  await session.command({
    createIndexes: IMAGES,
    indexes: [
      index('by_document', 'target', 'doc'),
      index('by_batch', 'target', 'batch', 'at'),
      index('by_age', 'target', 'keptUntil'),
    ],
  });
}

/** Milliseconds since 1970 by the server's clock, as processes have several. Outside of transactions. */
export async function serverTime(session: MongoSession): Promise<number> {
  return dateMs((await session.command({ hello: 1 }))['localTime'] ?? null);
}

/** Removes what is kept no longer, at most a portion. @returns how many images */
export async function expirePortion(session: MongoSession, collection: string, now: number): Promise<number> {
  const filter = { target: collection, keptUntil: { $lte: dateOf(now) } };
  const late = await documentsOf(session, IMAGES, filter, { _id: 1 }, { limit: PORTION });
  if (late.length === 0) {
    return 0;
  }
  const q = { _id: { $in: late.map(({ _id }) => _id ?? null) } };

  return numberOf((await session.command({ delete: IMAGES, deletes: [{ q, limit: 0 }] }))['n']);
}

/**
 * Keeps what documents were before a batch changed or deleted them, beside them and in its transaction. Nobody is locked out: of two transactions that
 * change a document, or the image that comes behind another one, the server takes one.
 */
export class DocumentImages {
  readonly #imaging: DocumentImaging;
  #isPrepared = false;
  #kept = BETWEEN_PORTIONS;
  /** By the server's clock, of the last time that this was ready. */
  #now = 0;

  constructor(imaging: DocumentImaging) {
    this.#imaging = imaging;
  }

  /** Before a transaction: makes what images need, and removes some of the old ones as new ones come. */
  async ready(session: MongoSession): Promise<void> {
    if (!this.#isPrepared) {
      await makeImageCollections(session);
      this.#isPrepared = true;
    }
    this.#now = await serverTime(session);
    if (this.#kept >= BETWEEN_PORTIONS) {
      this.#kept = 0;
      await expirePortion(session, this.#imaging.collection, this.#now);
    }
  }

  /** Keeps those of one batch, each time in the transaction that has changed them. */
  ofBatch(batch: string): (session: MongoSession, changed: readonly ChangedDocument[]) => Promise<void> {
    let number = 0;

    return async (session, changed) => {
      const orders = await this.#orders(session, changed.map(idOf));
      const images = changed.map((document) => {
        number += 1;

        return this.#image(document, batch, number, (orders.get(valueText(idOf(document))) ?? 0) + 1);
      });
      await insertAll(session, IMAGES, images);
      this.#kept += images.length;
    };
  }

  #image({ before, after }: ChangedDocument, batch: string, at: number, order: number): MongoDocument {
    const { task, collection, keys, paths, keptSeconds } = this.#imaging;
    const image = stateOf(before, paths);

    return {
      ...{ _id: `${batch}/${at}`, target: collection, task, batch, at, doc: idOf({ before, after }), order, paths },
      ...{ key: keyOf(after ?? before ?? {}, keys), image: image as Ejson, imageHash: stateHash(image) },
      ...{ writtenHash: stateHash(stateOf(after, paths)), keptUntil: dateOf(this.#now + keptSeconds * 1000) },
    };
  }

  /** The number of each document's last image. */
  async #orders(session: MongoSession, ids: readonly Ejson[]): Promise<ReadonlyMap<string, number>> {
    const filter = { target: this.#imaging.collection, doc: { $in: ids } };
    const last = new Map<string, number>();
    for (const image of await documentsOf(session, IMAGES, filter, { doc: 1, order: 1 })) {
      const id = valueText(image['doc']);
      last.set(id, Math.max(last.get(id) ?? 0, numberOf(image['order'])));
    }

    return last;
  }
}

function idOf({ before, after }: ChangedDocument): Ejson {
  return (after ?? before)?.['_id'] ?? null;
}

/** An image as it is read again. */
export function documentImage(row: MongoDocument): DocumentImage {
  const key = (row['key'] ?? []) as unknown as readonly { readonly name: string; readonly text: string }[];

  return {
    ...{ id: String(row['_id']), at: numberOf(row['at']), doc: row['doc'] ?? null, order: numberOf(row['order']) },
    key: Object.fromEntries(key.map(({ name, text }) => [name, text])),
    paths: (row['paths'] ?? null) as readonly string[] | null,
    image: (row['image'] ?? null) as HeldState | null,
    ...{ imageHash: String(row['imageHash']), writtenHash: String(row['writtenHash']) },
  };
}

/** The batch has deleted it. */
export function isDeletion({ writtenHash }: DocumentImage): boolean {
  return writtenHash === NO_ROW;
}

/** For people. A list, since names of members have dots. */
function keyOf(document: MongoDocument, keys: readonly string[]): readonly MongoDocument[] {
  return keys.map((name) => {
    const plain = plainValue(ejsonAt(document, name.split('.')) ?? null);

    return { name, text: typeof plain === 'string' ? plain : JSON.stringify(plain) };
  });
}
