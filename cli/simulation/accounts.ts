import { CommandFailed } from '../errors.ts';
import type { Ledger } from '../management/ledger.ts';
import type { ManagementClient } from '../management-client.ts';

/** What a task's ledger says of the time of the simulation; nulls when nobody could say. */
export interface Account {
  readonly task: string;
  readonly accepted: number | null;
  readonly written: number | null;
  readonly quarantined: number | null;
  /** Acknowledged or accepted, whichever is more, and neither written nor quarantined. */
  readonly inFlight: number | null;
}

export type Ledgers = ReadonlyMap<string, Ledger | null>;

/** The started tasks of a topic, each with its account so far. */
export async function openAccounts(client: ManagementClient, topic: string): Promise<Ledgers> {
  const tasks = (await client.tasks()).filter((task) => task.topic === topic && task.state === 'started');

  return ledgersOf(
    client,
    tasks.map(({ name }) => name),
  );
}

/** What has changed since. @param acknowledged messages that the topic must have */
export async function closeAccounts(
  client: ManagementClient,
  before: Ledgers,
  acknowledged: number,
): Promise<readonly Account[]> {
  const after = await ledgersOf(client, [...before.keys()]);

  return [...after].map(([task, ledger]) => {
    if (ledger === null) {
      return { task, accepted: null, written: null, quarantined: null, inFlight: null };
    }
    const since = (field: 'accepted' | 'written' | 'quarantined') => ledger[field] - (before.get(task)?.[field] ?? 0);
    const [accepted, written, quarantined] = [since('accepted'), since('written'), since('quarantined')];

    return {
      task,
      accepted,
      written,
      quarantined,
      inFlight: Math.max(0, Math.max(acknowledged, accepted) - written - quarantined),
    };
  });
}

async function ledgersOf(client: ManagementClient, tasks: readonly string[]): Promise<Ledgers> {
  const ledgers = await Promise.all(tasks.map(async (task) => [task, await ledgerOf(client, task)] as const));

  return new Map(ledgers);
}

async function ledgerOf(client: ManagementClient, task: string): Promise<Ledger | null> {
  try {
    return (await client.ledger(task)).ledger;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;

    return null; // the database may be on its way back; the task's own counts are asked for besides
  }
}
