import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { Consumer } from './consumer.ts';
import type { DataApiCall, Parking } from './parking.ts';
import { FIRST_TIME, record } from './records.ts';

/** Where an instance is killed: around which of a batch's calls, and whether that call was still served. */
export const POINTS = [
  ['before its transaction begins', 'before', ({ operation }) => operation === 'BeginTransaction'],
  ['before the position is moved', 'before', isAdvance],
  ['after the position was moved (S1)', 'after', isAdvance],
  ['before the rows are written', 'before', isRows],
  ['after the rows were written (S2)', 'after', isRows],
  ['before the commit', 'before', ({ operation }) => operation === 'CommitTransaction'],
  ['after the commit, before its answer', 'after', ({ operation }) => operation === 'CommitTransaction'],
] as const satisfies readonly (readonly [string, 'before' | 'after', (call: DataApiCall) => boolean])[];

export type Point = (typeof POINTS)[number];

/** One delivery: how many records from where the stream stands, how many of the written ones come again, where it is killed. */
export interface Delivery {
  readonly take: number;
  readonly again: number;
  readonly killed: Point | null;
}

function isAdvance({ sql }: DataApiCall): boolean {
  return sql.startsWith('UPDATE causeway.position');
}

/** With the position and the quarantine in one statement, or in a transaction. */
function isRows({ sql }: DataApiCall): boolean {
  return sql.startsWith('INSERT INTO `Parking') || sql.startsWith('SELECT causeway.advance');
}

/** Message `n` of a sensor; every 29th is none, from the fourth on. */
export function message(n: number) {
  const payload = isBad(n) ? 'bad' : { deviceId: `S-${n % 7}`, status: String(n) };

  return record({ n, payload, eventTime: FIRST_TIME + (n % 13) });
}

export function isBad(n: number): boolean {
  return n % 29 === 4;
}

/** @param code another consumer's than the real one's */
export async function withConsumer(
  lot: Parking,
  task: TopicTask,
  work: (consumer: Consumer) => Promise<void>,
  code?: string,
): Promise<void> {
  const consumer = new Consumer(task, lot.environment, code);
  try {
    await work(consumer);
  } finally {
    lot.guard = {};
    await consumer.stop();
  }
}

/** Delivers messages 1 to `total`, as a stream does whose checkpoints may lag: what was not acknowledged comes again, in whatever boundaries. */
export async function deliver(
  lot: Parking,
  consumer: Consumer,
  total: number,
  deliveries: Iterable<Delivery>,
): Promise<void> {
  let acknowledged = 0;
  for (const { take, again, killed } of deliveries) {
    const from = Math.max(1, acknowledged + 1 - again);
    const to = Math.min(total, acknowledged + take);
    lot.guard = {};
    if (killed !== null) {
      killAt(lot, consumer, killed);
    }
    const records = Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
    if ((await consumer.invoke({ records })) === '') {
      acknowledged = to;
    }
    if (acknowledged === total) {
      return;
    }
  }
}

/** Kills the consumer's instance at a point of its next batch, once. */
export function killAt(lot: Parking, consumer: Consumer, [, when, isThere]: Point): void {
  let done = false;
  const kill = async (call: DataApiCall) => {
    if (!done && isThere(call)) {
      done = true;
      await consumer.kill();
    }
  };
  lot.guard = when === 'before' ? { before: kill } : { after: kill };
}
