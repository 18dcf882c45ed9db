import { isFollowed, type ScheduledTask } from './run-definition.ts';
import type { DocumentRow } from './run-mongo-documents.ts';
import { mongoFault } from './run-mongo-fault.ts';
import type { OpenMongo } from './run-mongo-port.ts';
import { MongoPositions } from './run-mongo-positions.ts';
import { DocumentWriter, type DocumentWriting } from './run-mongo-writer.ts';
import type { PagePart, RunTarget } from './run-ports.ts';
import { soleSession } from './sole-session.ts';

export interface MongoWriting extends DocumentWriting {
  readonly task: ScheduledTask;
  readonly open: OpenMongo;
}

/** A collection, with the task's place in the same database: a page and its place are one transaction. */
export function mongoTarget({ task, target, open, batch }: MongoWriting): RunTarget<DocumentRow> {
  const positions = new MongoPositions(task.name);
  const owesRest = isFollowed(task);
  const sessions = soleSession(open);
  const { alone, together } = sessions;
  const writer = new DocumentWriter({ task, target, batch });

  return {
    plan: (fields) => alone((own) => writer.plan(own, fields)),

    claim(request) {
      return alone(async (own) => {
        await positions.prepare(own);

        return positions.claim(own, request);
      });
    },

    async write({ rows, rejected, checkpoint, bytes }: PagePart<DocumentRow>) {
      const read = rows.length + rejected;
      if (rows.length > 0) {
        await alone((own) => writer.ready(own));
      }

      return together(async (own) => {
        await positions.lock(own);
        const { unchanged } = await writer.write(own, rows);
        const written = rows.length - unchanged;
        await positions.advance(own, { checkpoint, read, written, unchanged, rejected, bytes });

        return { unchanged };
      });
    },

    async renew() {
      if (sessions.isOpen && !sessions.isBusy) {
        await alone((own) => positions.renew(own)).catch(() => undefined);
      }
    },

    finish(mark) {
      return together(async (own) => {
        const awaited = await positions.lock(own);
        await positions.finish(own, mark, owesRest);

        return awaited;
      });
    },

    async followed(run) {
      await (owesRest ? alone((own) => positions.followed(own, run)).catch(() => undefined) : undefined);
    },

    show: (row) => writer.show(row),

    async release() {
      await alone((own) => positions.release(own)).catch(() => undefined);
    },

    faultOf: mongoFault,

    close: () => sessions.close(),
  };
}
