import { setTimeout as delay } from 'node:timers/promises';
import { copyUndoneDocuments } from '../../../core/fdi/copy-undone-documents.ts';
import { expireDocumentImages } from '../../../core/fdi/expire-document-images.ts';
import { listDocumentBatches } from '../../../core/fdi/list-document-batches.ts';
import { rollbackDocuments } from '../../../core/fdi/rollback-documents.ts';
import type { MongoTarget } from '../../../core/fdi/run-mongo-collection.ts';
import { rollbackBy } from '../rollback-consumer.ts';
import { runMongo } from './run-mongo.ts';

/** Undoes a batch of a task into MongoDB, or lists those that can be. */
export function documentRollback({ task, target }: { readonly task: string; readonly target: MongoTarget }) {
  const ports = { task, target, open: runMongo('TARGET') };

  return rollbackBy({
    task,
    rollback: (request, remainingMs) => rollbackDocuments({ ...ports, remainingMs, pause: (ms) => delay(ms) }, request),
    batches: (request) => listDocumentBatches(ports, request),
    expire: (remainingMs) => expireDocumentImages({ ...ports, remainingMs }),
    copy: (platform, batch) => copyUndoneDocuments(platform, batch, ports),
  });
}
