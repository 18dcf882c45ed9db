import type { ReplayWay } from './replay-held.ts';
import { databaseReplay } from './replay-into-database.ts';
import { MongoMarkers } from './replay-mongo-markers.ts';
import { documentOverwriting } from './replay-order.ts';
import { type RunReplaying, readAgain, reopened, takeOutWritten } from './replay-run.ts';
import type { MongoTarget } from './run-mongo-collection.ts';
import type { DocumentRow } from './run-mongo-documents.ts';
import { mongoFault } from './run-mongo-fault.ts';
import type { MongoSession, OpenMongo } from './run-mongo-port.ts';
import { DocumentWriter } from './run-mongo-writer.ts';

export interface DocumentReplaying extends RunReplaying {
  readonly target: MongoTarget;
  readonly open: OpenMongo;
}

/** Records of a scheduled task, written into its collection after all. @returns with what ends its connection; @throws InvalidSetting */
export async function documentReplay(
  replaying: DocumentReplaying,
): Promise<{ readonly way: ReplayWay<DocumentRow>; readonly close: () => Promise<void> }> {
  const { task, target, fields, platform } = replaying;
  const { use, close } = reopened(replaying.open, mongoFault);
  const writer = new DocumentWriter({ task, target });
  const plan = await use((session) => writer.plan(session, fields));
  const ways = databaseReplay<DocumentRow, MongoSession>({
    ...{ task: task.name, faultOf: mongoFault, use, platform, pause: replaying.pause, random: replaying.random },
    markers: new MongoMarkers(task.name),
    ready: (session) => writer.ready(session),
    write: (session, items) =>
      writer.write(
        session,
        items.map(({ item }) => item),
      ),
    takeOutAfter: (records, unchanged) => takeOutWritten(replaying, records, unchanged),
  });

  return {
    way: {
      ...{ task: task.name, mappingVersion: plan.version, overwrites: documentOverwriting(task.name, target), ...ways },
      read: async (page) => page.map((held) => readAgain(plan, held)),
    },
    close,
  };
}
