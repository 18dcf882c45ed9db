import type { BatchEntry, BatchesRequest } from './batch-entry.ts';
import { NO_ROW } from './before-image.ts';
import type { BatchesAnswer } from './list-batches.ts';
import type { DocumentRollback } from './rollback-document-log.ts';
import { documentsOf } from './run-mongo-commands.ts';
import { IMAGES, makeImageCollections, ROLLBACK_LOG, serverTime } from './run-mongo-images.ts';
import { batchOf, type MongoDocument, type MongoSession, numberOf } from './run-mongo-port.ts';
import { dateMs, dateOf } from './run-mongo-value.ts';

type BatchesPorts = Pick<DocumentRollback, 'task' | 'target' | 'open'>;

/** The gateway's caller waits no longer. */
const COMMAND_MS = 20_000;

/** The batches of a task into MongoDB, as `listBatches` lists those of one into a table. */
export async function listDocumentBatches(ports: BatchesPorts, request: BatchesRequest): Promise<BatchesAnswer> {
  const { target } = ports;
  const session = await ports.open();
  try {
    await makeImageCollections(session);
    const undone = await undoneBatches(ports, session, request);
    const found =
      target.write === 'insert'
        ? await insertedBatches(ports, session, request)
        : await keptBatches(ports, session, request);
    const known = new Set(found.map(({ batch }) => batch));
    const items = [
      ...found.map((entry) => ({ ...entry, undone: undone.get(entry.batch)?.undone ?? 0 })),
      ...[...undone.values()].filter(({ batch }) => !known.has(batch)),
    ].toSorted((a, b) => (b.at ?? '').localeCompare(a.at ?? '') || a.batch.localeCompare(b.batch));

    return { table: target.collection, items: items.slice(0, request.limit), more: items.length > request.limit };
  } finally {
    await session.close();
  }
}

/** By what is kept of their documents. When they were written is when that began to be kept. */
async function keptBatches(
  { task, target }: BatchesPorts,
  session: MongoSession,
  { since, limit }: BatchesRequest,
): Promise<readonly BatchEntry[]> {
  const keptMs = (target.rollbackSeconds ?? 0) * 1000;
  const now = await serverTime(session);
  const found = await grouped(session, IMAGES, [
    { $match: { target: target.collection, task, keptUntil: { $gte: dateOf(Date.parse(since) + keptMs) } } },
    {
      $group: {
        ...{ _id: '$batch', n: { $sum: 1 }, until: { $max: '$keptUntil' }, first: { $min: '$keptUntil' } },
        added: { $sum: { $cond: [{ $eq: ['$imageHash', NO_ROW] }, 1, 0] } },
      },
    },
    { $sort: { until: -1, _id: 1 } },
    { $limit: limit + 1 },
  ]);

  return found.map((row) => {
    const until = dateMs(row['until'] ?? null);

    return {
      ...{ batch: String(row['_id']), rows: numberOf(row['n']), added: numberOf(row['added']), undone: 0 },
      ...{ at: new Date(until - keptMs).toISOString(), until: new Date(until).toISOString() },
      isUndoable: dateMs(row['first'] ?? null) > now,
    };
  });
}

/** By the numbers in the documents of a task that only adds. */
async function insertedBatches(
  { target }: BatchesPorts,
  session: MongoSession,
  { limit }: BatchesRequest,
): Promise<readonly BatchEntry[]> {
  const field = target.batchNumberField ?? '';
  const found = await grouped(session, target.collection, [
    { $match: { [field]: { $type: 'string' } } },
    { $group: { _id: `$${field}`, n: { $sum: 1 } } },
    { $sort: { _id: 1 } },
    { $limit: limit + 1 },
  ]);

  return found.map((row) => ({
    ...{ batch: String(row['_id']), rows: numberOf(row['n']), added: numberOf(row['n']), undone: 0 },
    ...{ at: null, until: null, isUndoable: true },
  }));
}

/** Those that were undone, whole or in part; by when that was last done. */
async function undoneBatches(
  { task }: BatchesPorts,
  session: MongoSession,
  { since, limit }: BatchesRequest,
): Promise<ReadonlyMap<string, BatchEntry>> {
  const filter = { task, updatedAt: { $gte: dateOf(Date.parse(since)) } };
  const found = await documentsOf(session, ROLLBACK_LOG, filter, {}, { sort: { updatedAt: -1 }, limit: limit + 1 });

  return new Map(
    found.map((row) => [
      String(row['batch']),
      {
        ...{ batch: String(row['batch']), rows: 0, added: 0, until: null, isUndoable: false },
        undone: numberOf(row['restored']) + numberOf(row['deleted']),
        at: new Date(dateMs(row['updatedAt'] ?? null)).toISOString(),
      },
    ]),
  );
}

async function grouped(session: MongoSession, collection: string, pipeline: readonly MongoDocument[]) {
  const cursor = { batchSize: 10_000 };

  return batchOf(await session.command({ aggregate: collection, pipeline, cursor }, COMMAND_MS)).documents;
}
