import type { StreamDefinition } from '../engines.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly Name?: string;
  readonly ShardCount?: number;
  readonly RetentionPeriodHours?: number;
  readonly MaxRecordSizeInKiB?: number;
  readonly StreamModeDetails?: { readonly StreamMode: StreamDefinition['mode'] };
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** AWS::Kinesis::Stream → a stream of the local engine. Encryption and shard-level metrics have no local meaning. */
export const kinesisStream = resource<Properties>('AWS::Kinesis::Stream', {
  async apply({ properties, engines, name }) {
    const { ShardCount = 1, RetentionPeriodHours = 24, MaxRecordSizeInKiB = 1024, Tags = [] } = properties;
    const stream = await engines.stream.apply({
      name: properties.Name ?? name(128),
      mode: properties.StreamModeDetails?.StreamMode ?? 'PROVISIONED',
      shards: Number(ShardCount),
      retentionHours: Number(RetentionPeriodHours),
      maxRecordBytes: Number(MaxRecordSizeInKiB) * 1024,
      tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
    });

    return { ref: stream.name, attributes: { Arn: stream.arn } };
  },

  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.stream.remove(previous.ref);
  },
});
