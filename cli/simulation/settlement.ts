import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../errors.ts';
import type { Latency, ManagementClient, Task } from '../management-client.ts';

/** What the task did with the messages, as the difference of its own counts. */
export interface Settlement {
  readonly written: number;
  readonly quarantined: number;
  /** Acknowledged and neither written nor quarantined: still on the way when the time was up. */
  readonly inFlight: number;
}

export interface SettlementOptions {
  readonly task: string;
  /** The task before the first message. */
  readonly before: Task;
  readonly acknowledged: number;
  readonly limitMs: number;
  readonly pollMs: number;
  readonly stop: AbortSignal;
  readonly onProgress: (settlement: Settlement) => void;
}

/** Waits until the task accounts for every acknowledged message, or the limit has passed. */
export async function settle(client: ManagementClient, options: SettlementOptions): Promise<Settlement> {
  const { task, before, acknowledged, limitMs, pollMs, stop, onProgress } = options;
  const end = Date.now() + limitMs;
  let settlement: Settlement = { written: 0, quarantined: 0, inFlight: acknowledged };
  for (;;) {
    const now = await client.task(task).catch(() => undefined); // the database may be on its way back
    if (now !== undefined) {
      const written = now.written - before.written;
      const quarantined = now.quarantined - before.quarantined;
      settlement = { written, quarantined, inFlight: Math.max(0, acknowledged - written - quarantined) };
    }
    onProgress(settlement);
    if (settlement.inFlight === 0 || Date.now() >= end || stop.aborted) {
      return settlement;
    }
    await sleep(pollMs);
  }
}

/**
 * From event to row, of the events of this simulation; undefined where the task's table does not keep both times, or nobody answers.
 *
 * @param onUnknown gets the reason, for a person
 */
export async function latencySince(
  client: ManagementClient,
  { task, since, onUnknown }: { task: string; since: number; onUnknown: (reason: string) => void },
): Promise<Latency | undefined> {
  try {
    return await client.latency(task, { since, until: Date.now() });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    onUnknown(error.message);

    return undefined;
  }
}
