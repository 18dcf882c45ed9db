import { LIMITS } from '../limits.ts';
import { NAME, operation } from '../operation.ts';

interface CreateStream {
  readonly StreamName: string;
  readonly ShardCount?: number;
  readonly StreamModeDetails?: { readonly StreamMode: 'PROVISIONED' | 'ON_DEMAND' };
  readonly MaxRecordSizeInKiB?: number;
  readonly Tags?: Readonly<Record<string, string>>;
}

/** The stream is ACTIVE when the call returns; AWS lets it wait some seconds in CREATING. */
export const createStream = operation<CreateStream>('CreateStream', {
  input: {
    StreamName: { ...NAME, required: true },
    ShardCount: { type: 'integer', min: 1, max: 10_000 },
    StreamModeDetails: {
      type: 'structure',
      members: { StreamMode: { type: 'string', required: true, enum: ['PROVISIONED', 'ON_DEMAND'] } },
    },
    MaxRecordSizeInKiB: { type: 'integer', min: LIMITS.recordKibibytes.minimum, max: LIMITS.recordKibibytes.maximum },
    Tags: { type: 'map', max: 50 },
  },
  async run({ StreamName, ShardCount, StreamModeDetails, MaxRecordSizeInKiB = 1024, Tags = {} }, store) {
    const mode = StreamModeDetails?.StreamMode ?? (ShardCount === undefined ? 'ON_DEMAND' : 'PROVISIONED');
    await store.create({
      name: StreamName,
      mode,
      shards: mode === 'PROVISIONED' ? (ShardCount ?? 1) : LIMITS.onDemandShards,
      retentionHours: LIMITS.retentionHours.minimum,
      maxRecordKiB: MaxRecordSizeInKiB,
      tags: Tags,
    });

    return {};
  },
});
