import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { Outlet } from '../../../core/fdi/run-outlet.ts';
import { type OutgoingMessage, type TopicTarget, topicOutlet } from '../../../core/fdi/run-topic-target.ts';
import { environment } from '../environment.ts';
import { putRecords } from '../topic-writer.ts';

/** Writes into the stream that the function's environment names. */
export function streamOutlet(task: ScheduledTask, target: TopicTarget): Outlet<OutgoingMessage> {
  return topicOutlet(task, target, {
    put: (entries) => putRecords(environment('TOPIC_STREAM'), entries),
    pause: (ms) => delay(ms),
    random: Math.random,
    newId: randomUUID,
    now: Date.now,
  });
}
