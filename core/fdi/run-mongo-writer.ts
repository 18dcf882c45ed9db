import { InvalidSetting } from '../errors.ts';
import { batchNumber } from './batch-number.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { MongoTarget } from './run-mongo-collection.ts';
import { documentsOf, portions } from './run-mongo-commands.ts';
import { type DocumentPlan, type DocumentRow, planDocuments } from './run-mongo-documents.ts';
import { DocumentImages } from './run-mongo-images.ts';
import {
  batchOf,
  isMongoRefused,
  type MongoDocument,
  type MongoSession,
  numberOf,
  requireWritten,
} from './run-mongo-port.ts';
import { valueText } from './run-mongo-value.ts';
import type { SourceField } from './run-ports.ts';

export interface DocumentWriting {
  readonly task: Pick<ScheduledTask, 'name' | 'source' | 'mapping' | 'target'>;
  readonly target: MongoTarget;
  /** The number of one batch. */
  readonly batch?: (() => string) | undefined;
}

/** A batch under way. */
interface Writing {
  readonly session: MongoSession;
  readonly plan: DocumentPlan;
  readonly batch: string;
  readonly keep: ReturnType<DocumentImages['ofBatch']> | undefined;
}

const ID = '_id';
/** NamespaceNotFound */
const NO_COLLECTION = 26;

/** Writes the documents of a task, in whoever's transaction it is: a page's, a batch's, or of records that are replayed. */
export class DocumentWriter {
  readonly #task: DocumentWriting['task'];
  readonly #target: MongoTarget;
  readonly #batch: () => string;
  #plan: DocumentPlan | undefined;
  #images: DocumentImages | undefined;

  constructor({ task, target, batch = batchNumber }: DocumentWriting) {
    this.#task = task;
    this.#target = target;
    this.#batch = batch;
  }

  /** @throws InvalidSetting naming what cannot work */
  async plan(session: MongoSession, fields: readonly SourceField[]): Promise<DocumentPlan> {
    const [task, target] = [this.#task, this.#target];
    const { collection, write, rollbackSeconds } = target;
    const plan = planDocuments(task, target, fields);
    const unique = await uniqueKeys(session, collection);
    const keys = [...target.keys].sort().join();
    if (target.keys.length > 0 && !unique.some((one) => one === keys)) {
      const list = target.keys.map((name) => `${JSON.stringify(name)}: 1`).join(', ');
      throw new InvalidSetting(
        `${task.name}: target.keys`,
        target.keys,
        `_id, or the names of a unique index: db.${collection}.createIndex({ ${list} }, { unique: true })`,
      );
    }
    this.#plan = plan;
    if (rollbackSeconds !== undefined && write !== 'insert') {
      const paths = write === 'delete' ? null : plan.paths;
      this.#images = new DocumentImages({
        ...{ task: task.name, collection, keys: target.keys, paths, keptSeconds: rollbackSeconds },
      });
    }

    return plan;
  }

  /** Before a transaction that writes: what images need. */
  async ready(session: MongoSession): Promise<void> {
    await this.#images?.ready(session);
  }

  /** @returns how many documents were there already as they are. @throws MongoRefused for the first that could not be written */
  async write(session: MongoSession, rows: readonly DocumentRow[]): Promise<{ readonly unchanged: number }> {
    const [plan, batch] = [this.#plan, this.#batch()];
    const keep = this.#images?.ofBatch(batch);
    let unchanged = 0;
    for (const part of plan === undefined ? [] : portions(plan.folded(rows), ({ bytes }) => bytes)) {
      unchanged += await this.#writePart({ session, plan: plan as DocumentPlan, batch, keep }, part);
    }

    return { unchanged };
  }

  async #writePart(batch: Writing, part: readonly DocumentRow[]): Promise<number> {
    const { write, batchNumberField } = this.#target;
    if (write === 'upsert' && batchNumberField !== undefined) {
      return this.#upsertDiffering(batch, part);
    }
    const { session, plan, keep } = batch;
    const before = keep === undefined ? [] : await this.#find(batch, part);
    const changed = changedBy(await session.command(plan.command(part, batch.batch)));
    if (before.length > 0) {
      const gone = before.map((document) => ({ before: document, after: undefined }));
      await keep?.(session, gone);
    }

    return part.length - changed;
  }

  /** What is there as it is keeps the number of the batch that made it so. */
  async #upsertDiffering(batch: Writing, part: readonly DocumentRow[]): Promise<number> {
    const { session, plan, keep } = batch;
    const before = await this.#find(batch, part);
    const known = new Map(before.map((document) => [plan.keyTextOf(document), document]));
    const rest = part.filter((row) => {
      const document = known.get(plan.keyText(row));

      return document === undefined || !plan.isThere(row, document);
    });
    if (rest.length > 0) {
      changedBy(await session.command(plan.command(rest, batch.batch)));
    }
    if (keep !== undefined && rest.length > 0) {
      const byId = new Map(before.map((document) => [valueText(document[ID]), document]));
      const after = await this.#find(batch, rest);
      await keep(
        session,
        after.map((document) => ({ before: byId.get(valueText(document[ID])), after: document })),
      );
    }

    return part.length - rest.length;
  }

  #find({ session, plan }: Writing, rows: readonly DocumentRow[]): Promise<readonly MongoDocument[]> {
    const { collection, write } = this.#target;

    return documentsOf(session, collection, plan.keysOf(rows), write === 'delete' ? {} : plan.projection);
  }

  /** What would be written of a row, for people. */
  show(row: DocumentRow): Readonly<Record<string, unknown>> {
    return this.#plan?.command([row], this.#batch()) ?? {};
  }
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

/** How many documents were added, changed or removed. @throws MongoRefused for the first that could not be */
function changedBy(reply: MongoDocument): number {
  requireWritten(reply);
  const upserted = (reply['upserted'] ?? []) as readonly unknown[];

  // Of an update: what it changed and what it added; of others: how many there were.
  return reply['nModified'] === undefined ? numberOf(reply['n']) : numberOf(reply['nModified']) + upserted.length;
}
