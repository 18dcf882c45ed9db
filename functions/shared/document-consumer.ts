import type { DocumentFeedPlan } from '../../core/fdi/document-feed-plan.ts';
import { DocumentPositions } from '../../core/fdi/document-positions.ts';
import { feedFault } from '../../core/fdi/feed-fault.ts';
import type { DocumentTask } from '../../core/fdi/feed-task.ts';
import { type FeedMemory, feedWriter } from '../../core/fdi/feed-writer.ts';
import { mongoFault } from '../../core/fdi/run-mongo-fault.ts';
import type { MongoSession } from '../../core/fdi/run-mongo-port.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import type { ConsumeShard } from './batch-consumer.ts';
import { deliveryConsumer } from './delivery-consumer.ts';
import { type DocumentsTarget, documentGuard, documentsTarget } from './document-target.ts';
import { logger } from './logger.ts';

/** What a test puts in the place of databases. */
export interface DocumentPorts {
  readonly target?: () => DocumentsTarget;
  readonly platform?: () => TaskDatabase;
}

const FAULTS = { faultOf: mongoFault };

/**
 * The consumer of a task into MongoDB; keeps connections, the task's plan and the shards' positions from batch to batch.
 *
 * @param models by which messages of products are judged
 */
export function documentConsumer(
  task: DocumentTask,
  models?: ModelCache,
  { target = () => documentsTarget(task), platform }: DocumentPorts = {},
): ConsumeShard {
  const memories = new Map<string, FeedMemory>();
  const { sessions, writer: documents, plan: planned } = target();
  let known: DocumentFeedPlan | undefined;

  return deliveryConsumer<DocumentFeedPlan>({
    task: task.name,
    ...(models && { models }),
    ...(platform && { platform }),
    async delivery(key, time) {
      const guard = documentGuard(time);
      known ??= await planned(models, guard);
      const memory = memories.get(`${key.epoch}/${key.shard}`) ?? { opened: false, busyMs: 0 };
      memories.set(`${key.epoch}/${key.shard}`, memory);
      const writer = feedWriter<MongoSession, DocumentFeedPlan>({
        ...{ faultOf: mongoFault, memory, platform: time.database, positions: new DocumentPositions(key) },
        sessions: { use: (work) => sessions.use(work, guard) },
        ready: (session) => documents.ready(session),
        async writeRows(session, plan, part) {
          const rows = (await part.entries).flatMap((entry) => plan.rowOf(entry) ?? []);
          await documents.write(session, rows);
        },
      });

      return {
        ...{ plan: known, memory, writer, faultOf: (error) => feedFault(FAULTS, error) },
        // Its collection has no columns that could have changed.
        replan: async () => undefined,
        async after({ unwritten }, line) {
          if (unwritten?.fault.kind === 'other') {
            // Its indexes may have changed: they are looked at anew.
            known = undefined;
          }
          await writer.report().catch((error: unknown) => {
            logger.warn('the platform is told with the next batch', { ...line, error });
          });
        },
      };
    },
  });
}
