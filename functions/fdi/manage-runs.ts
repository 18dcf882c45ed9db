import {
  array,
  boolean,
  exactOptional,
  int,
  maximum,
  maxLength,
  minimum,
  minLength,
  object,
  strictObject,
  unknown,
} from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { type ProofPorts, proveSources } from '../../core/fdi/prove-sources.ts';
import { type RunEvent, runnerOf } from '../../core/fdi/run-control.ts';
import { listRuns } from '../../core/fdi/run-log.ts';
import type { RunSession } from '../../core/fdi/run-session.ts';
import type { TaskEntries, TaskEntry } from '../../core/fdi/task-entry.ts';
import { askFunction, tellFunction } from '../shared/ask-function.ts';
import { answerOf } from '../shared/ask-task.ts';
import { unlessAway } from '../shared/database-away.ts';
import { logger } from '../shared/logger.ts';
import { managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { platformSessions } from '../shared/runs/platform-session.ts';
import type { RecordTrialQuestion, RecordTrialReply } from '../shared/runs/record-trial.ts';
import { sourceProofs } from '../shared/source-proofs.ts';
import { taskEntries } from '../shared/task-entries.ts';

/** What the routes use; each is asked for when a call comes, so that a missing one fails that call only. */
export interface RunManagement {
  readonly entries: Pick<TaskEntries, 'find'>;
  readonly session: () => Promise<Pick<RunSession, 'query'>>;
  readonly tell: (functionArn: string, event: RunEvent) => Promise<void>;
  readonly proofs: ProofPorts;
  /** Asks a scheduled task's function, and waits. */
  readonly ask: (functionArn: string, question: RecordTrialQuestion) => Promise<RecordTrialReply>;
}

const sample = strictObject({
  records: exactOptional(array(unknown()).check(minLength(1), maxLength(100))),
  rows: exactOptional(int().check(minimum(1), maximum(100))),
});

/** Management API: runs of scheduled tasks, and what would become of records. */
export const handler = runManagement(() => ({
  entries: taskEntries(),
  session: platformSessions(undefined),
  tell: tellFunction,
  proofs: sourceProofs(),
  ask: (functionArn, question) => askFunction(functionArn, question) as Promise<RecordTrialReply>,
}));

export function runManagement(management: () => RunManagement) {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/run',
      body: strictObject({ force: exactOptional(boolean()) }),
      async handler({ path, body: { force = false }, caller, requestId }) {
        const { entries, tell, proofs } = management();
        const task = await found(entries, path['task']);
        const runner = runnerOf(task);
        if (!force) {
          await proveSources(proofs, task.name, 'run');
        }
        await tell(runner, { once: caller, asked: new Date().toISOString() });
        const how = force ? 'run asked for, without a test of its source and target' : 'run asked for';
        logger[force ? 'warn' : 'info'](how, { task: task.name, caller, requestId });

        return ok({ name: task.name, asked: true });
      },
    }),
    route({
      method: 'POST',
      path: '/tasks/{task}/dry-runs',
      body: sample,
      async handler({ path, body: { records, rows = 3 } }) {
        const { entries, ask } = management();
        const task = await found(entries, path['task']);
        const question = { tryRecords: records === undefined ? { rows } : { records } };

        return ok(answerOf(await ask(runnerOf(task), question)));
      },
    }),
    route({
      method: 'GET',
      path: '/tasks/{task}/runs',
      query: object(pageQuery),
      async handler({ path, query }) {
        const { entries, session } = management();
        const task = await found(entries, path['task']);
        const { limit, next } = pageOf(query);
        const items = await unlessAway(session().then((open) => listRuns(open, task.name, limit, next)));
        const last = items.at(-1);
        // Whatever it is now, what has run is to be seen.
        if (last === undefined && next === undefined) {
          runnerOf(task);
        }

        return ok(items.length < limit || last === undefined ? { items } : { items, next: last.id });
      },
    }),
  ]);
}

async function found(entries: Pick<TaskEntries, 'find'>, name = ''): Promise<TaskEntry> {
  const task = await entries.find(name);
  if (task === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
  }

  return task;
}
