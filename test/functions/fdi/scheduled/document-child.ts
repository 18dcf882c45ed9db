import { type FedDocuments, type FedReplay, feedDocuments, replayFed } from '../feed/document-feeds.ts';
import { type DocumentUndoing, undoDocuments, type WrittenBatch, writeBatch } from './document-batches.ts';
import { type DocumentReplay, type Pass, replayDocuments } from './document-replays.ts';

/** What a process is to do, and at which of its steps, counted from 1, it is killed. */
export type ChildOrder = { readonly step: number } & (
  | { readonly replay: DocumentReplay }
  | { readonly undo: DocumentUndoing }
  | { readonly write: WrittenBatch }
  | { readonly feed: FedDocuments }
  | { readonly replayFed: FedReplay }
);

function done(order: ChildOrder, pass: Pass): Promise<unknown> {
  if ('replay' in order) {
    return replayDocuments({ ...order.replay, pass });
  }
  if ('feed' in order) {
    return feedDocuments({ ...order.feed, pass });
  }
  if ('replayFed' in order) {
    return replayFed({ ...order.replayFed, pass });
  }

  return 'undo' in order ? undoDocuments({ ...order.undo, pass }) : writeBatch({ ...order.write, pass });
}

process.on('message', async (order: ChildOrder) => {
  let steps = 0;
  const pass = async () => {
    steps += 1;
    if (steps === order.step) {
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => undefined);
    }
  };
  const answer = await done(order, pass).catch((error: unknown) => String(error));
  process.send?.({ steps, answer });
});
