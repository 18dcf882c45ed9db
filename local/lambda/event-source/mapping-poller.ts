import { join } from 'node:path';
import type { EngineHost, StreamPosition, StreamShard } from '../../engines.ts';
import { AwsError } from '../../errors.ts';
import { stateFile } from '../../state-file.ts';
import type { Functions } from '../functions.ts';
import type { Mapping } from './mapping.ts';
import { pause } from './pause.ts';
import { pollShard } from './shard-poller.ts';
import { storedStream } from './stream-source.ts';

/** New shards (a stream that grew, or was resharded) are looked for this often. */
const LIST_MILLISECONDS = 5000;

/** How far each shard of a mapping has been processed; the file outlives the runtime. */
interface Checkpoints {
  readonly [shardId: string]: { readonly sequenceNumber?: string; readonly ended: boolean };
}

export interface MappingPoller {
  /** Ends after the batch on its way. */
  stop(): Promise<void>;
}

export interface MappingPollerOptions {
  readonly host: EngineHost;
  readonly functions: Functions;
  report(result: string): void;
}

export function checkpointFile(state: string, uuid: string): string {
  return join(state, 'lambda', 'checkpoints', `${uuid}.json`);
}

/** Polls every shard of a mapping's stream, parents before children, and remembers how far. */
export function startMappingPoller(mapping: Mapping, { host, functions, report }: MappingPollerOptions): MappingPoller {
  const { engines } = host;
  const log = host.logs('lambda');
  const file = stateFile<Checkpoints>(checkpointFile(host.state, mapping.uuid), {});
  const abort = new AbortController();
  const running = new Map<string, Promise<void>>();
  let checkpoints = file.read();

  const save = (shardId: string, checkpoint: Checkpoints[string]) => {
    checkpoints = { ...checkpoints, [shardId]: checkpoint };

    return file.write(checkpoints);
  };
  const poll = async (shardId: string) => {
    const { roleArn } = functions.get(mapping.functionArn);
    const outcome = await pollShard({
      mapping,
      source: {
        streamArn: mapping.streamArn,
        ...(mapping.consumerArn !== undefined && { consumerArn: mapping.consumerArn }),
        shardId,
        roleArn,
      },
      from: startOf(mapping, checkpoints[shardId]?.sequenceNumber),
      engines,
      functions,
      log,
      signal: abort.signal,
      checkpoint: (sequenceNumber) => save(shardId, { sequenceNumber, ended: false }),
      report,
    });
    if (outcome === 'ended') await save(shardId, { ...checkpoints[shardId], ended: true });
  };
  const startShards = async () => {
    const shards = await engines.stream.shards(storedStream(mapping.streamArn));
    for (const shard of shards) {
      if (running.has(shard.shardId) || !isReady(shard, shards, checkpoints)) continue;
      const polling = poll(shard.shardId).catch((error: unknown) => {
        report('PROBLEM: Internal error');
        log.error('a shard poller failed', { mapping: mapping.uuid, shard: shard.shardId, reason: String(error) });
        running.delete(shard.shardId);
      });
      running.set(shard.shardId, polling);
    }
  };
  const run = async () => {
    while (!abort.signal.aborted) {
      await startShards().catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        report(`PROBLEM: ${error.message}`);
        log.warn('the shards of a stream cannot be listed', { mapping: mapping.uuid, reason: error.message });
      });
      await pause(LIST_MILLISECONDS, abort.signal);
    }
  };
  const listing = run();

  return {
    async stop() {
      abort.abort();
      await listing;
      await Promise.all(running.values());
    },
  };
}

/** A child is read after its parents, so that the order per key outlives a resharding. A trimmed parent does not count. */
function isReady(shard: StreamShard, shards: readonly StreamShard[], checkpoints: Checkpoints): boolean {
  if (checkpoints[shard.shardId]?.ended === true) return false;
  const parents = [shard.parentShardId, shard.adjacentParentShardId];

  return shards.every(({ shardId }) => !parents.includes(shardId) || checkpoints[shardId]?.ended === true);
}

function startOf(mapping: Mapping, processed: string | undefined): StreamPosition {
  if (processed !== undefined) return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: processed };
  if (mapping.startingTimestamp === undefined) return { type: 'TRIM_HORIZON' };

  return { type: 'AT_TIMESTAMP', timestamp: mapping.startingTimestamp };
}
