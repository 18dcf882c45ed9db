import { AwsError } from '../errors.ts';
import type { Call, Instance, Outcome } from './instance.ts';

/** What a pool needs to know of its function. */
export interface PoolOptions {
  readonly start: (onExit: () => void) => Instance;
  readonly reservedConcurrency?: number;
  /** Processes at the same time; what does not fit waits its turn. */
  readonly maxInstances: number;
  /**
   * Beyond so many busy processes a patient call first waits `patienceMilliseconds` for one of these to be free: where calls take no longer than
   * that, few warm processes are quicker than many that share the cores.
   */
  readonly eagerInstances: number;
  readonly patienceMilliseconds: number;
  readonly idleMilliseconds: number;
}

export interface InstancePool {
  invoke(call: Call, patient?: boolean): Promise<Outcome>;
  readonly inFlight: number;
  pids(): readonly number[];
  stop(): Promise<void>;
}

interface Place extends PromiseWithResolvers<Instance> {
  /** When it has waited long enough for a busy instance, by the monotonic clock. */
  readonly impatientAt: number;
}

/**
 * The warm environments of one function. An environment serves one invocation at a time; a new one starts when none is
 * free, or will be in a moment; one that has had nothing to do for a while is ended.
 */
export function createInstancePool({
  start,
  reservedConcurrency,
  maxInstances,
  eagerInstances,
  patienceMilliseconds,
  idleMilliseconds,
}: PoolOptions): InstancePool {
  const instances = new Set<Instance>();
  /** The most recently used last: it is taken first, so that the others may grow old and end. */
  const idle: { readonly instance: Instance; readonly since: number }[] = [];
  /** The one that waits longest first. */
  const waiting: Place[] = [];
  let aging: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let stopped = false;

  const startOne = (): Instance => {
    const instance: Instance = start(() => forget(instance));
    instances.add(instance);

    return instance;
  };
  const forget = (instance: Instance) => {
    instances.delete(instance);
    const index = idle.findIndex((one) => one.instance === instance);
    if (index >= 0) idle.splice(index, 1);
    if (!stopped && waiting.length > 0 && instances.size < maxInstances) waiting.shift()?.resolve(startOne());
  };
  const take = (): Instance | undefined => {
    for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
      if (one.instance.usable) return one.instance;
    }
    return instances.size < maxInstances ? startOne() : undefined;
  };
  /** An instance at once; for a patient call as long as few are busy and nobody waits. */
  const takeAtOnce = (patient: boolean): Instance | undefined =>
    patient && (instances.size - idle.length >= eagerInstances || waiting.length > 0) ? undefined : take();
  const wait = (): Promise<Instance> => {
    const place = { ...Promise.withResolvers<Instance>(), impatientAt: performance.now() + patienceMilliseconds };
    waiting.push(place);
    patience ??= setTimeout(losePatience, patienceMilliseconds);

    return place.promise;
  };
  const losePatience = () => {
    patience = undefined;
    const now = performance.now();
    for (let place = waiting[0]; place !== undefined && place.impatientAt <= now; place = waiting[0]) {
      const instance = take();
      // All of them are busy: the first that is free goes to whoever waits longest.
      if (instance === undefined) return;
      waiting.shift();
      place.resolve(instance);
    }
    const [next] = waiting;
    if (next !== undefined) patience = setTimeout(losePatience, Math.max(1, next.impatientAt - now));
  };
  const giveBack = (instance: Instance) => {
    if (!instance.usable) return;
    const next = waiting.shift();
    if (next !== undefined) return next.resolve(instance);
    idle.push({ instance, since: performance.now() });
    aging ??= setTimeout(endTheOld, idleMilliseconds).unref();
  };
  /** One timer for all: the one that has been idle longest is the first. */
  const endTheOld = () => {
    aging = undefined;
    const now = performance.now();
    for (const { instance } of idle.filter(({ since }) => since + idleMilliseconds <= now)) void instance.stop();
    const next = idle.find(({ since }) => since + idleMilliseconds > now);
    if (next !== undefined) aging = setTimeout(endTheOld, next.since + idleMilliseconds - now).unref();
  };

  return {
    get inFlight() {
      return inFlight;
    },
    pids: () => [...instances].map(({ pid }) => pid),
    async invoke(call, patient = false) {
      if (stopped) throw new AwsError('ServiceException', 'The platform is stopping.', 500);
      if (reservedConcurrency !== undefined && inFlight >= reservedConcurrency) {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
          Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        });
      }
      inFlight += 1;
      try {
        const instance = takeAtOnce(patient) ?? (await wait());
        const outcome = await instance.invoke(call);
        giveBack(instance);

        return outcome;
      } finally {
        inFlight -= 1;
      }
    },
    async stop() {
      stopped = true;
      clearTimeout(patience);
      clearTimeout(aging);
      for (const place of waiting) place.reject(new AwsError('ServiceException', 'The platform is stopping.', 500));
      await Promise.all([...instances].map((instance) => instance.stop()));
    },
  };
}
