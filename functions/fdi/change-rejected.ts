import {
  array,
  boolean,
  exactOptional,
  int,
  maxLength,
  minLength,
  nullable,
  positive,
  strictObject,
  string,
} from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { correctRejected } from '../../core/fdi/correct-rejected.ts';
import { parseJson } from '../../core/fdi/json.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import { askFunction } from '../shared/ask-function.ts';
import { answerOf, existingTask, type FindTask } from '../shared/ask-task.ts';
import type { ConsumerAnswer, ConsumerQuestion } from '../shared/consumer-questions.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { logger } from '../shared/logger.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { quarantineFilter, quarantineId, quarantineTime } from '../shared/quarantine-query.ts';
import type { ReplayReply } from '../shared/replay-consumer.ts';
import { taskEntries } from '../shared/task-entries.ts';
import type { TrialReply } from '../shared/trial-consumer.ts';

export interface ChangeRejectedPorts extends FindTask {
  readonly database: Pick<TaskDatabase, 'execute'>;
  /** Asks the task's own consumer, which knows how its records become rows. */
  readonly ask: (functionArn: string, question: ConsumerQuestion) => Promise<ConsumerAnswer>;
}

const id = int().check(positive());
const replay = strictObject({
  ids: exactOptional(array(id).check(minLength(1), maxLength(1000))),
  ...quarantineFilter,
  after: exactOptional(int()),
  through: exactOptional(int()),
  overwrite: exactOptional(boolean()),
  count: exactOptional(boolean()),
});

const sample = strictObject({
  payload: string(),
  productId: exactOptional(string()),
  deviceId: exactOptional(string()),
  clientId: exactOptional(string()),
  eventTime: exactOptional(int()),
  key: exactOptional(string()),
});

/** Management API: what tasks could not write, corrected and tried again; and what would become of a message. */
export const handler = changeRejected(() => ({
  database: database(),
  find: (task) => taskEntries().find(task),
  ask: (functionArn, question) => askFunction(functionArn, question) as Promise<ConsumerAnswer>,
}));

export function changeRejected(portsOf: () => ChangeRejectedPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/rejected',
      body: replay,
      async handler({ path, body, caller, requestId }) {
        const ports = portsOf();
        const task = await existingTask(ports, path['task'] ?? '');
        for (const name of ['since', 'until'] as const) {
          quarantineTime(name, body[name]);
        }
        const reply = await ports.ask(functionOf(task), { replay: body });
        const answer = answerOf(reply as ReplayReply);
        const { written, refused } = answer;
        logger.info('records replayed', { task: task.name, written, refused: refused.length, caller, requestId });

        return ok(answer);
      },
    }),
    route({
      method: 'POST',
      path: '/tasks/{task}/trials',
      body: sample,
      async handler({ path, body }) {
        const ports = portsOf();
        const task = await existingTask(ports, path['task'] ?? '');
        requireBase64(body.payload);

        return ok(answerOf((await ports.ask(consumerOf(task), { trial: body })) as TrialReply));
      },
    }),
    route({
      method: 'PATCH',
      path: '/tasks/{task}/rejected/{id}',
      body: strictObject({ correction: nullable(string()) }),
      handler: ({ path, body: { correction }, caller }) => correct(portsOf(), path, correction ?? undefined, caller),
    }),
  ]);
}

/** @throws InvalidSetting */
function requireBase64(payload: string): void {
  if (Buffer.from(payload, 'base64').toString('base64') !== payload) {
    throw new InvalidSetting('payload', payload.slice(0, 60), 'the bytes of a message in base64');
  }
}

async function correct(
  ports: ChangeRejectedPorts,
  path: Readonly<Record<string, string>>,
  payload: string | undefined,
  by: string,
) {
  const record = { task: path['task'] ?? '', id: quarantineId(path['id']) };
  const corrected = await unlessAway(correctRejected(ports.database, { ...record, payload, by }));
  logger.info(payload === undefined ? 'correction taken back' : 'record corrected', { ...record, by });

  return ok(corrected === undefined ? record : { ...record, record: parseJson(corrected) });
}

/** Of a task that messages feed. */
function consumerOf(task: TaskEntry): string {
  if (task.mode === 'scheduled') {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${task.name} is a scheduled task: it is not fed by messages. "causeway task try ${task.name} --rows 3" shows records of its source on their way.`,
    });
  }

  return functionOf(task);
}

function functionOf({ name, functionArn }: TaskEntry): string {
  if (functionArn === undefined) {
    throw new Refusal('CAUSEWAY.0412', { message: `${name} has no function that could be asked. Deploy it again.` });
  }

  return functionArn;
}
