import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../core/errors.ts';
import { type ConsumerViewPorts, consumerViews } from '../../core/fdi/consumer-view.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { eventSources } from '../shared/event-sources.ts';
import { managementHandler, ok, route } from '../shared/management-chain.ts';
import { catalogTable } from '../shared/tables.ts';
import { taskEntry } from '../shared/task-entries.ts';
import { topicReader } from '../shared/topic-reader.ts';

export interface ManageConsumersPorts extends ConsumerViewPorts {
  readonly isTopic: (topic: string) => Promise<boolean>;
  readonly tasks: () => Promise<readonly TaskEntry[]>;
}

/** Management API: how far the tasks of a topic are, partition by partition. */
export const handler = manageConsumers(() => {
  const catalog = catalogTable();

  return {
    isTopic: async (name) => (await catalog.get({ kind: 'topic', name })) !== undefined,
    tasks: async () => (await catalog.queryAll({ kind: 'task' })).map(taskEntry),
    sources: eventSources(),
    database: database(),
    topics: topicReader(),
    now: Date.now,
    wait: (milliseconds) => delay(milliseconds),
  };
});

export function manageConsumers(portsOf: () => ManageConsumersPorts) {
  return managementHandler([
    route({
      method: 'GET',
      path: '/topics/{topic}/consumers',
      async handler({ path }) {
        const ports = portsOf();
        const topic = path['topic'] ?? '';
        if (!(await ports.isTopic(topic))) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no topic ${topic}.` });
        }
        const tasks = (await ports.tasks()).filter(
          // A topic of Kafka may have the same name.
          ({ topic: name, settings }) => name === topic && settings !== undefined && settings.kafka === undefined,
        );

        return ok({ topic, items: await unlessAway(consumerViews(ports, tasks)) });
      },
    }),
  ]);
}
