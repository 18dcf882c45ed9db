import { array, boolean, exactOptional, int, maxLength, minLength, positive, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { correctRejected } from '../../core/fdi/correct-rejected.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import { askFunction } from '../shared/ask-function.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { logger } from '../shared/logger.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { quarantineId, quarantineTime } from '../shared/quarantine-query.ts';
import type { ReplayQuestion, ReplayReply } from '../shared/replay-consumer.ts';
import { taskEntries } from '../shared/task-entries.ts';

export interface ChangeRejectedPorts {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly find: (task: string) => Promise<TaskEntry | undefined>;
  /** Asks the task's own consumer, which knows how its records become rows. */
  readonly ask: (functionArn: string, question: ReplayQuestion) => Promise<ReplayReply>;
}

const id = int().check(positive());
const replay = strictObject({
  ids: exactOptional(array(id).check(minLength(1), maxLength(1000))),
  code: exactOptional(string()),
  device: exactOptional(string()),
  reason: exactOptional(string()),
  column: exactOptional(string()),
  since: exactOptional(string()),
  until: exactOptional(string()),
  after: exactOptional(int()),
  through: exactOptional(int()),
  overwrite: exactOptional(boolean()),
  count: exactOptional(boolean()),
});

/** Management API: what tasks could not write, corrected and tried again. */
export const handler = changeRejected(() => ({
  database: database(),
  find: (task) => taskEntries().find(task),
  ask: (functionArn, question) => askFunction(functionArn, question) as Promise<ReplayReply>,
}));

export function changeRejected(portsOf: () => ChangeRejectedPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/rejected/replays',
      body: replay,
      async handler({ path, body, caller, requestId }) {
        const ports = portsOf();
        const task = await existing(ports, path['task'] ?? '');
        for (const name of ['since', 'until'] as const) {
          quarantineTime(name, body[name]);
        }
        const reply = await ports.ask(consumerOf(task), { replay: body });
        if ('refusal' in reply) {
          throw new Refusal(reply.refusal.code, { message: reply.refusal.message });
        }
        const { written, refused } = reply.answer;
        logger.info('records replayed', { task: task.name, written, refused: refused.length, caller, requestId });

        return ok(reply.answer);
      },
    }),
    route({
      method: 'PUT',
      path: '/tasks/{task}/rejected/{id}/correction',
      body: strictObject({ payload: string() }),
      handler: ({ path, body: { payload }, caller }) => correct(portsOf(), path, payload, caller),
    }),
    route({
      method: 'DELETE',
      path: '/tasks/{task}/rejected/{id}/correction',
      handler: ({ path, caller }) => correct(portsOf(), path, undefined, caller),
    }),
  ]);
}

async function correct(
  ports: ChangeRejectedPorts,
  path: Readonly<Record<string, string>>,
  payload: string | undefined,
  by: string,
) {
  const record = { task: path['task'] ?? '', id: quarantineId(path['id']) };
  await unlessAway(correctRejected(ports.database, { ...record, payload, by }));
  logger.info(payload === undefined ? 'correction taken back' : 'record corrected', { ...record, by });

  return ok(record);
}

async function existing({ find }: ChangeRejectedPorts, name: string): Promise<TaskEntry> {
  const task = await find(name);
  if (task === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
  }

  return task;
}

function consumerOf({ name, functionArn, mode }: TaskEntry): string {
  if (functionArn === undefined || mode === 'scheduled') {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${name} is not fed by messages: what it could not write is read again from its source.`,
    });
  }

  return functionArn;
}
