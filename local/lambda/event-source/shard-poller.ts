import type { Engines, StreamPosition, StreamRecord } from '../../engines.ts';
import type { Log } from '../../log.ts';
import { recordIteratorAge } from '../function-metrics.ts';
import type { Functions } from '../functions.ts';
import { deliverBatch } from './batch-delivery.ts';
import { batchVerdict } from './batch-response.ts';
import { keepDiscarded } from './failure-destination.ts';
import { batchLength, type EventSource, kinesisEvent } from './kinesis-event.ts';
import { createLane, laneOf } from './lane.ts';
import type { Mapping } from './mapping.ts';
import { pause } from './pause.ts';
import { createShardProgress } from './shard-progress.ts';
import { shardReads } from './shard-reads.ts';

/** Records of a shard that wait for the function; beyond, the shard is left alone until they are fewer. */
const MAX_OPEN = 20_000;
/** Looking whether the last records of a shard that is ended are done. */
const DRAIN_MILLISECONDS = 200;

export interface ShardPollerOptions {
  readonly mapping: Mapping;
  readonly source: EventSource;
  readonly from: StreamPosition;
  readonly engines: Engines;
  readonly functions: Functions;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Everything up to and with this sequence number is done. Resolves when that is on disk. */
  checkpoint(sequenceNumber: string): Promise<void>;
  report(result: string): void;
}

/** Reads one shard and hands its records to the function; resolves with `ended` when a closed shard is read to its end. */
export async function pollShard(options: ShardPollerOptions): Promise<'ended' | 'stopped'> {
  const { mapping, source, engines, log } = options;
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  const progress = createShardProgress();
  const lanes = Array.from({ length: mapping.settings.parallelizationFactor }, () =>
    createLane({
      batchSize: mapping.settings.batchSize,
      batchingWindow: mapping.settings.batchingWindow * 1000,
      fit: (records) => batchLength(source, records, mapping.settings.batchSize),
      deliver: (records) => deliver(records, { ...options, signal }, progress),
      signal,
    }),
  );
  // A lane that fails ends the poller; whoever started it begins again at the checkpoint.
  const failure = Promise.all(lanes.map((lane) => lane.ended));
  failure.catch(() => own.abort());
  const reads = shardReads({
    ...{ source, engines, signal, from: options.from },
    hasRoom: () => progress.open < MAX_OPEN,
    problem(error) {
      options.report(`PROBLEM: ${error.message}`);
      log.warn('a shard cannot be read', { ...where(options), error: error.code, reason: error.message });
    },
  });
  try {
    for await (const { records } of reads) {
      progress.add(records.map(({ sequenceNumber }) => sequenceNumber));
      for (const [index, lane] of lanes.entries()) lane.push(ofLane(records, index, lanes.length));
    }
    while (progress.open > 0 && !signal.aborted) await pause(DRAIN_MILLISECONDS, signal);
  } finally {
    own.abort();
  }
  await failure;

  return options.signal.aborted ? 'stopped' : 'ended';
}

function ofLane(records: readonly StreamRecord[], lane: number, lanes: number): readonly StreamRecord[] {
  return lanes === 1 ? records : records.filter(({ partitionKey }) => laneOf(partitionKey, lanes) === lane);
}

async function deliver(
  records: readonly StreamRecord[],
  options: ShardPollerOptions,
  progress: ReturnType<typeof createShardProgress>,
): Promise<void> {
  const { mapping, source, engines, functions, log, signal, report } = options;
  await deliverBatch(records, mapping.settings, {
    invoke(batch) {
      const age = Date.now() - (batch.at(-1)?.approximateArrivalTimestamp ?? Date.now());
      recordIteratorAge(engines, functions.get(mapping.functionArn).name, Math.max(0, age));

      return functions.invoke(mapping.functionArn, kinesisEvent(source, batch));
    },
    verdict: (batch, answer) => batchVerdict(batch, answer, mapping.settings.reportItemFailures),
    arrivedAt: ({ approximateArrivalTimestamp }) => approximateArrivalTimestamp,
    async finish(batch) {
      const checkpoint = progress.finish(batch.map(({ sequenceNumber }) => sequenceNumber));
      if (checkpoint !== undefined) await options.checkpoint(checkpoint);
    },
    async discard(batch, condition, attempts) {
      log.error('records are given up', { ...where(options), condition, attempts, records: batch.length });
      const { onFailureBucket } = mapping.settings;
      if (onFailureBucket === undefined) return;
      await keepDiscarded(engines, onFailureBucket, { source, records: batch, mapping, condition, attempts }).catch(
        (error: Error) =>
          log.error('the failure destination took nothing', { ...where(options), reason: error.message }),
      );
    },
    halve: (batch, reason) => log.warn('a batch is halved', { ...where(options), records: batch.length, reason }),
    report,
    pause: (milliseconds) => pause(milliseconds, signal),
    now: Date.now,
    get stopped() {
      return signal.aborted;
    },
  });
}

function where({ mapping, source }: ShardPollerOptions): Record<string, unknown> {
  return { mapping: mapping.uuid, function: mapping.functionArn, stream: source.streamArn, shard: source.shardId };
}
