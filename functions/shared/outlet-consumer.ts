import { memberTask, type OutletTask } from '../../core/fdi/feed-task.ts';
import { type OutletPlan, outletRun, planOutlet } from '../../core/fdi/outlet-plan.ts';
import { type OutletMemory, outletFault, outletWriter } from '../../core/fdi/outlet-writer.ts';
import type { OutgoingRow, Outlet } from '../../core/fdi/run-outlet.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import type { ConsumeShard } from './batch-consumer.ts';
import { deliveryConsumer } from './delivery-consumer.ts';
import { outletTo } from './runs/targets.ts';
import { taskLanguages } from './task-languages.ts';

/** What a test puts in the place of streams and databases. */
export interface OutletPorts {
  readonly outlet?: () => Outlet<OutgoingRow>;
  readonly platform?: () => TaskDatabase;
}

interface Shard {
  readonly plan: OutletPlan<OutgoingRow>;
  readonly memory: OutletMemory;
}

/** What sends for a task, of whatever kind it is. Its rows are its own: what its plan reads, it sends. */
export function outletOf(task: OutletTask): Outlet<OutgoingRow> {
  return outletTo(outletRun(task), task.target);
}

/**
 * The consumer of a task into a topic, an API or a Redis; keeps plans and positions of shards from batch to batch.
 *
 * @param models by which messages of products are judged
 */
export function outletConsumer(
  task: OutletTask,
  models?: ModelCache,
  { outlet: outletFor = () => outletOf(task), platform }: OutletPorts = {},
): ConsumeShard {
  const shards = new Map<string, Shard>();
  const outlet = outletFor();

  return deliveryConsumer<OutletPlan<OutgoingRow>>({
    task: task.name,
    ...(models && { models }),
    ...(platform && { platform }),
    async delivery(key, time) {
      const scope = `${key.epoch}/${key.shard}`;
      const { plan, memory } = shards.get(scope) ?? {
        plan: planOutlet(task, outlet, scope, models, await taskLanguages(memberTask(task))),
        memory: { ...key, opened: false, busyMs: 0 },
      };
      shards.set(scope, { plan, memory });

      return {
        ...{ plan, memory, faultOf: outletFault, recordsAtOnce: () => outlet.recordsAtOnce },
        writer: outletWriter({ outlet, platform: time.database, memory, inTime: time.inTime }),
        // It has no table that could have changed.
        replan: async () => undefined,
      };
    },
  });
}
