import { AwsError } from '../errors.ts';
import type { Call, Instance, Outcome } from './instance.ts';

/** What a pool needs to know of its function. */
export interface PoolOptions {
  readonly start: (onExit: () => void) => Instance;
  readonly reservedConcurrency?: number;
  /** Processes at the same time; what does not fit waits its turn. */
  readonly maxInstances: number;
  readonly idleMilliseconds: number;
}

export interface InstancePool {
  invoke(call: Call): Promise<Outcome>;
  readonly inFlight: number;
  pids(): readonly number[];
  stop(): Promise<void>;
}

/**
 * The warm environments of one function. An environment serves one invocation at a time; a new one starts when none is
 * free; one that has had nothing to do for a while is ended.
 */
export function createInstancePool({
  start,
  reservedConcurrency,
  maxInstances,
  idleMilliseconds,
}: PoolOptions): InstancePool {
  const instances = new Set<Instance>();
  /** The most recently used last: it is taken first, so that the others may grow old and end. */
  const idle: Instance[] = [];
  const waiting: PromiseWithResolvers<Instance>[] = [];
  const timers = new Map<Instance, NodeJS.Timeout>();
  let inFlight = 0;
  let stopped = false;

  const startOne = (): Instance => {
    const instance: Instance = start(() => forget(instance));
    instances.add(instance);

    return instance;
  };
  const forget = (instance: Instance) => {
    clearTimeout(timers.get(instance));
    timers.delete(instance);
    instances.delete(instance);
    const index = idle.indexOf(instance);
    if (index >= 0) idle.splice(index, 1);
    if (!stopped && waiting.length > 0 && instances.size < maxInstances) waiting.shift()?.resolve(startOne());
  };
  const take = (): Instance | undefined => {
    for (let instance = idle.pop(); instance !== undefined; instance = idle.pop()) {
      clearTimeout(timers.get(instance));
      timers.delete(instance);
      if (instance.usable) return instance;
    }
    return instances.size < maxInstances ? startOne() : undefined;
  };
  const wait = (): Promise<Instance> => {
    const place = Promise.withResolvers<Instance>();
    waiting.push(place);

    return place.promise;
  };
  const giveBack = (instance: Instance) => {
    if (!instance.usable) return;
    const next = waiting.shift();
    if (next !== undefined) return next.resolve(instance);
    idle.push(instance);
    timers.set(instance, setTimeout(() => void instance.stop(), idleMilliseconds).unref());
  };

  return {
    get inFlight() {
      return inFlight;
    },
    pids: () => [...instances].map(({ pid }) => pid),
    async invoke(call) {
      if (stopped) throw new AwsError('ServiceException', 'The platform is stopping.', 500);
      if (reservedConcurrency !== undefined && inFlight >= reservedConcurrency) {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
          Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        });
      }
      inFlight += 1;
      try {
        const instance = take() ?? (await wait());
        const outcome = await instance.invoke(call);
        giveBack(instance);

        return outcome;
      } finally {
        inFlight -= 1;
      }
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      for (const place of waiting) place.reject(new AwsError('ServiceException', 'The platform is stopping.', 500));
      await Promise.all([...instances].map((instance) => instance.stop()));
    },
  };
}
