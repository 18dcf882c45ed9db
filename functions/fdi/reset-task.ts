import { boolean, exactOptional, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { planReset, type ResetPorts, type ResetTarget, resetTask } from '../../core/fdi/reset-task.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { eventSources } from '../shared/event-sources.ts';
import { logger } from '../shared/logger.ts';
import { managementHandler, ok, route } from '../shared/management-chain.ts';
import { taskEntries } from '../shared/task-entries.ts';
import { topicReader } from '../shared/topic-reader.ts';

/** API Gateway waits 29 s for an answer; counting what is read again comes before it. */
const ANSWER_MS = 24_000;

/** Management API: lets a task read its topic anew from another place. */
export const handler = taskResets(() => ({
  controls: { entries: taskEntries(), sources: eventSources(), now: () => new Date() },
  database: database(),
  topics: topicReader(),
}));

/** @param ports asked for when a call comes, so that what is missing fails that call only */
export function taskResets(ports: () => ResetPorts) {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/reset',
      body: strictObject({ to: string(), preview: exactOptional(boolean()) }),
      async handler({ path, body: { to, preview = false }, caller, requestId }) {
        const remainingMs = timeLeft();
        const found = ports();
        const { controls } = found;
        const name = path['task'] ?? '';
        const task = await controls.entries.find(name);
        if (task === undefined) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
        }
        if (task.mode === 'scheduled') {
          throw new Refusal('CAUSEWAY.0412', { message: `The task ${name} is scheduled: it reads no topic.` });
        }
        const target = targetOf(to, controls.now());
        const plan = await unlessAway(planReset(found, task, target));
        if (preview) {
          return ok({ ...plan, done: false });
        }
        const reset = await resetTask(found, task, target, { plan, by: caller, remainingMs });
        logger.warn('task reset', { task: name, epoch: plan.epoch, ...reset, requestId });

        return ok({ ...plan, done: true });
      },
    }),
  ]);
}

/** @throws InvalidSetting */
function targetOf(to: string, now: Date): ResetTarget {
  if (to === 'earliest' || to === 'latest') {
    return to;
  }
  const time = new Date(to);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(to) || !(time <= now)) {
    const allowed = `earliest, latest, or a time not after ${now.toISOString()}, such as 2026-11-24T08:00:00Z`;
    throw new InvalidSetting('to', to, allowed);
  }

  return time;
}

function timeLeft(): () => number {
  const end = performance.now() + ANSWER_MS;

  return () => end - performance.now();
}
