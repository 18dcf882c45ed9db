import type { RollbackRequest } from './rollback-batch.ts';
import type { Counts } from './rollback-images.ts';
import type { MongoTarget } from './run-mongo-collection.ts';
import { documentsOf } from './run-mongo-commands.ts';
import { ROLLBACK_LOG } from './run-mongo-images.ts';
import { type MongoDocument, type MongoSession, numberOf, type OpenMongo, requireWritten } from './run-mongo-port.ts';
import { dateMs } from './run-mongo-value.ts';

export interface DocumentRollback {
  readonly task: string;
  readonly target: MongoTarget;
  readonly open: OpenMongo;
  readonly remainingMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** A batch that is being undone. */
export interface UndoingDocuments extends DocumentRollback {
  readonly request: RollbackRequest;
  readonly session: MongoSession;
}

/** What the images of the batch are found by. */
export function ofBatch({ task, target, request }: UndoingDocuments): MongoDocument {
  return { target: target.collection, batch: request.batch, task };
}

/** The log's entry of a batch, in the words of the platform's. */
export async function undoneDocuments(session: MongoSession, task: string, batch: string) {
  const [entry] = await documentsOf(session, ROLLBACK_LOG, { _id: `${task}/${batch}` });
  const count = (name: string) => numberOf(entry?.[name]);

  return {
    ...{ restored: count('restored'), deleted: count('deleted'), handedOn: count('handedOn') },
    ...(entry !== undefined && {
      noted: {
        ...{ target: String(entry['target']), by: String(entry['undoneBy']) },
        ...{ firstAt: dateMs(entry['firstAt'] ?? null), updatedAt: dateMs(entry['updatedAt'] ?? null) },
      },
    }),
  };
}

/** Writes down what was undone, in the transaction that undoes it. */
export async function note(
  { session, task, target, request }: UndoingDocuments,
  { restored, deleted, handedOn }: Pick<Counts, 'restored' | 'deleted' | 'handedOn'>,
): Promise<void> {
  const by = { $literal: request.by.slice(0, 256) };
  const added = (name: string, count: number) => ({ [name]: { $add: [{ $ifNull: [`$${name}`, 0] }, count] } });
  const u = [
    {
      $set: {
        ...{ task, batch: request.batch, target: { $literal: target.collection }, undoneBy: by, updatedAt: '$$NOW' },
        ...{ ...added('restored', restored), ...added('deleted', deleted), ...added('handedOn', handedOn) },
        firstAt: { $ifNull: ['$firstAt', '$$NOW'] },
      },
    },
  ];
  const updates = [{ q: { _id: `${task}/${request.batch}` }, u, upsert: true }];
  requireWritten(await session.command({ update: ROLLBACK_LOG, updates }));
}
