import type { Death, Instance } from './instance.ts';
import { laneOf, recordOf, type SentMessage } from './messages.ts';

/** Lambda between a shard and the instances: batches of each lane in order, one at a time, each until it is written. */
export interface DeliveryOptions {
  readonly lanes: number;
  readonly instances: readonly Instance[];
  readonly random: () => number;
  /** How the next invocation ends. */
  death(): Death;
  /** A process was killed. */
  killed(): void;
  /** The mistake: what was handed over counts as written, whatever became of it. */
  readonly early: boolean;
  /** No batch is given up, but a round ends. */
  readonly mostAttempts: number;
}

const MOST_RECORDS = 40;
const MOST_AGAIN = 25;
const AGAIN_SHARE = 0.2;
const LOST_ANSWER_SHARE = 0.1;

/** Delivers all messages; resolves when all are acknowledged, with how often an invocation ended without an answer that all is written. */
export async function deliver(sent: readonly SentMessage[], options: DeliveryOptions): Promise<void> {
  const { lanes, instances } = options;
  const free = [...instances];
  const waiting: ((instance: Instance) => void)[] = [];
  const take = async () => free.pop() ?? new Promise<Instance>((resolve) => waiting.push(resolve));
  const give = (instance: Instance) => {
    const next = waiting.shift();
    if (next === undefined) free.push(instance);
    else next(instance);
  };
  const withInstance = async <Answer>(work: (instance: Instance) => Promise<Answer>): Promise<Answer> => {
    const instance = await take();
    try {
      return await work(instance);
    } finally {
      give(instance);
    }
  };
  const ofLane = (lane: number) => sent.filter(({ key }) => laneOf(key, lanes) === lane);

  await Promise.all(
    Array.from({ length: lanes }, (_, lane) => deliverLane(ofLane(lane), { ...options, withInstance })),
  );
}

type LaneOptions = DeliveryOptions & {
  readonly withInstance: <Answer>(work: (instance: Instance) => Promise<Answer>) => Promise<Answer>;
};

/** What was acknowledged may come again: a checkpoint lags where a poller was killed, or another lane is behind. */
async function deliverLane(queue: readonly SentMessage[], options: LaneOptions): Promise<void> {
  const { random, withInstance } = options;
  let acknowledged = 0;
  for (let attempt = 0; acknowledged < queue.length; attempt += 1) {
    if (attempt > options.mostAttempts + queue.length) {
      throw new DeliveryStuck(queue[acknowledged]?.n ?? 0);
    }
    const again = random() < AGAIN_SHARE ? Math.floor(random() * MOST_AGAIN) : 0;
    const from = Math.max(0, acknowledged - again);
    const batch = queue.slice(from, acknowledged + 1 + Math.floor(random() * MOST_RECORDS));
    const said = await withInstance((instance) => instance.invoke(batch.map(recordOf), options.death()));
    if (said.kind === 'killed') {
      options.killed();
    }
    if (options.early) {
      acknowledged = from + batch.length;
    } else if (said.kind === 'said' && random() >= LOST_ANSWER_SHARE) {
      const unwritten = batch.findIndex(({ n }) => String(n) === said.unwritten);
      acknowledged = Math.max(acknowledged, from + (said.unwritten === '' ? batch.length : Math.max(0, unwritten)));
    }
  }
}

/** A consumer that never gets over a record. */
export class DeliveryStuck extends Error {
  override readonly name = 'DeliveryStuck';

  constructor(n: number) {
    super(`message ${n} is not written however often it comes`);
  }
}
