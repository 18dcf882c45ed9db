import { PORTION, RESERVE_MS } from './expire-images.ts';
import type { DocumentRollback } from './rollback-document-log.ts';
import { canDocumentsBeUndone } from './run-mongo-collection.ts';
import { expirePortion, makeImageCollections, serverTime } from './run-mongo-images.ts';

/** Removes what is kept of documents and whose time is over, as `expireImages` does it of rows. @returns how many images */
export async function expireDocumentImages({
  target,
  open,
  remainingMs,
}: Pick<DocumentRollback, 'target' | 'open' | 'remainingMs'>): Promise<number> {
  if (target.write === 'insert' || !canDocumentsBeUndone(target)) {
    return 0;
  }
  const session = await open();
  try {
    await makeImageCollections(session);
    const now = await serverTime(session);
    let removed = 0;
    for (let last = PORTION; last === PORTION && remainingMs() > RESERVE_MS; removed += last) {
      last = await expirePortion(session, target.collection, now);
    }

    return removed;
  } finally {
    await session.close();
  }
}
