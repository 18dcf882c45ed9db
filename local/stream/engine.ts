import { join } from 'node:path';
import { jsonService } from '../aws/json-service.ts';
import type { EngineHost, StreamDefinition, StreamEngine, StreamRecord } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { consumerArn } from './description.ts';
import { LIMITS } from './limits.ts';
import { OPERATIONS } from './operations/index.ts';
import { counterOf } from './position.ts';
import { checkEntry } from './put-entry.ts';
import type { StoredRecord } from './record-codec.ts';
import { scaleUniformly } from './reshard.ts';
import type { Shard } from './shard.ts';
import type { ConsumerState, Stream } from './stream.ts';
import { StreamStore } from './stream-store.ts';

/** Retention is a matter of hours; a minute late is early enough. */
const TRIM_MILLIS = 60_000;

export interface StreamEngineOptions {
  readonly now?: () => number;
}

/** Kinesis Data Streams on this machine: acknowledged means on disk, limits as in the account. */
export function createStreamEngine(
  host: Pick<EngineHost, 'state' | 'logs'> & { readonly engines?: Partial<EngineHost['engines']> },
  options: StreamEngineOptions = {},
): StreamEngine {
  // D:streams/latest/dev/monitoring-with-cloudwatch: records for one, calls of GetRecords for the other. Looked at as sums: no zeros are noted.
  const store = new StreamStore(join(host.state, 'stream'), options.now ?? Date.now, (StreamName, direction) => {
    const name = `${direction}ProvisionedThroughputExceeded`;
    host.engines?.metrics?.record({ namespace: 'AWS/Kinesis', name, dimensions: { StreamName } }, 1);
  });
  let timer: NodeJS.Timeout | undefined;
  let trimming: Promise<unknown> = Promise.resolve();

  const trim = () => {
    trimming = store
      .trim()
      .catch((error: Error) => host.logs('stream').error('retention failed', { error: error.message }));
  };

  return {
    services: [jsonService({ signingName: 'kinesis', version: '1.1', operations: OPERATIONS, context: store })],

    async start() {
      await store.load();
      trim();
      await trimming;
      timer = setInterval(trim, TRIM_MILLIS);
    },

    async stop() {
      clearInterval(timer);
      await trimming;
      await store.close();
    },

    async apply(definition) {
      const existing = store.find(definition.name);
      const stream = existing === undefined ? await create(store, definition) : await update(existing, definition);

      return { name: stream.name, arn: stream.arn };
    },

    async remove(id) {
      const stream = store.find(id);
      if (stream !== undefined) await store.delete(stream);
    },

    async applyConsumer(id, name) {
      const stream = store.get(id);
      const registered = (): ConsumerState | undefined => stream.state.consumers.find((one) => one.name === name);
      if (registered() === undefined) {
        await stream.change(({ consumers }) => ({ consumers: [...consumers, { name, created: store.now() }] }));
      }
      const consumer = registered() as ConsumerState;

      return { arn: consumerArn(stream, consumer), name, streamArn: stream.arn, created: consumer.created };
    },

    async removeConsumer(arn) {
      const stream = store.find(arn);
      await stream?.change(({ consumers }) => ({
        consumers: consumers.filter((consumer) => consumerArn(stream, consumer) !== arn),
      }));
    },

    async put(id, record) {
      const stream = store.get(id);
      checkEntry(stream, record, 'data');
      const [outcome] = await stream.put([record]);
      if (outcome !== undefined && 'shardId' in outcome) return outcome;

      throw new AwsError(outcome?.errorCode ?? 'InternalFailure', outcome?.errorMessage ?? 'Internal service failure.');
    },

    names: () => store.all().map(({ name }) => name),

    arrivals: async (id) => store.get(id).arrivals(),

    async shards(id) {
      return store.get(id).shards.map((shard) => ({
        shardId: shard.id,
        ...(shard.state.parent !== undefined && { parentShardId: shard.state.parent }),
        ...(shard.state.adjacentParent !== undefined && { adjacentParentShardId: shard.state.adjacentParent }),
        closed: !shard.isOpen,
      }));
    },

    async *subscribe(id, shardId, from, signal) {
      for await (const push of await store.subscriptions.subscribe({ consumerArn: id, shardId, from, signal })) {
        const { shard, records, millisBehindLatest, ended } = push;
        yield { records: records.map((record) => readable(shard, record)), millisBehindLatest, ended };
      }
    },

    async read(id, shardId, from, limit) {
      const stream = store.get(id);
      const shard = stream.shard(shardId);
      const counter = await counterOf(stream, shard, from);
      const { records, next, millisBehindLatest } = await stream.read(
        shard,
        counter,
        Math.min(limit, LIMITS.getRecordsCount),
      );

      return {
        records: records.map((record) => readable(shard, record)),
        millisBehindLatest,
        ended: shard.isEndedAt(next),
      };
    },
  };
}

function readable(shard: Shard, { counter, arrived, partitionKey, data }: StoredRecord): StreamRecord {
  const sequenceNumber = shard.sequenceNumber(counter, arrived);

  return { sequenceNumber, partitionKey, data, approximateArrivalTimestamp: arrived };
}

function create(
  store: StreamStore,
  { name, mode, shards, retentionHours, maxRecordBytes, tags = {} }: StreamDefinition,
): Promise<Stream> {
  return store.create({
    name,
    mode,
    shards: mode === 'ON_DEMAND' ? LIMITS.onDemandShards : shards,
    retentionHours,
    maxRecordKiB: (maxRecordBytes ?? LIMITS.recordBytes) / 1024,
    tags,
  });
}

async function update(stream: Stream, definition: StreamDefinition): Promise<Stream> {
  const { mode, shards, retentionHours, maxRecordBytes = LIMITS.recordBytes, tags = {} } = definition;
  await stream.change(() => ({ mode, retentionHours, maxRecordKiB: maxRecordBytes / 1024, tags }));
  if (mode === 'PROVISIONED' && stream.openShards.length !== shards) {
    await stream.exclusively(() => scaleUniformly(stream, shards));
  }

  return stream;
}
