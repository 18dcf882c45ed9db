import type { Cells } from './row.ts';
import { type AfterRun, isFollowed } from './run-definition.ts';
import type { PagePart, RunTarget } from './run-ports.ts';
import { EXTERNAL_POSITIONS, PLATFORM_POSITIONS, RunPositions } from './run-positions.ts';
import { RowWriter, type RowWriting } from './run-row-writer.ts';
import { type OpenSession, statement } from './run-session.ts';
import { soleSession } from './sole-session.ts';

export interface DatabaseWriting extends RowWriting {
  readonly open: OpenSession;
}

/** A table, with the task's place in the same database: a page and its place are one transaction. */
export function databaseTarget(writing: DatabaseWriting): RunTarget<Cells> {
  const { task, target, dialect, open } = writing;
  const table = target.place === 'platform' ? PLATFORM_POSITIONS : EXTERNAL_POSITIONS;
  const positions = new RunPositions(task.name, table, dialect);
  const atEnd = task.after.filter(
    (action): action is AfterRun & { sql: string } => 'sql' in action && action.on === 'target',
  );
  const owesRest = isFollowed(task);
  const sessions = soleSession(open);
  const { alone, together } = sessions;
  const writer = new RowWriter(writing);

  return {
    plan: (fields) => alone((own) => writer.plan(own, fields)),

    claim(request) {
      return alone(async (own) => {
        await positions.prepare(own);

        return positions.claim(own, request);
      });
    },

    async write(part: PagePart<Cells>) {
      const { rows, rejected, checkpoint, bytes } = part;
      if (rows.length > 0) {
        await alone((own) => writer.ready(own));
      }
      const folded = writer.folded(rows);
      const step = { checkpoint, read: rows.length + rejected, rejected, bytes };
      const isCompared = target.write === 'insert' ? target.keys.length > 0 : target.onlyChanged || part.isRepeated;

      return together(async (own) => {
        if (target.write === 'delete') {
          await positions.lock(own);
          const unchanged = Math.max(0, rows.length - (await writer.write(own, folded)));
          await positions.advance(own, { ...step, unchanged, written: rows.length - unchanged });

          return { unchanged };
        }
        if (!isCompared) {
          await positions.advance(own, { ...step, unchanged: 0, written: rows.length });
          await writer.write(own, folded);

          return { unchanged: 0 };
        }
        await positions.lock(own);
        const settled = await writer.settled(own, folded);
        const unchanged = settled.size;
        await positions.advance(own, { ...step, unchanged, written: rows.length - unchanged });
        await writer.write(
          own,
          folded.filter((row) => !settled.has(row)),
        );

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
        for (const { sql } of atEnd) {
          await own.change(statement(sql));
        }
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

    faultOf: dialect.faultOf,

    close: () => sessions.close(),
  };
}
