import { AwsError } from '../../errors.ts';
import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';
import { scaleUniformly } from '../reshard.ts';

interface UpdateShardCount extends StreamReference {
  readonly TargetShardCount: number;
}

/** Done when it returns. AWS's limit of ten changes a day is not kept: it would only hinder trying things out. */
export const updateShardCount = operation<UpdateShardCount>('UpdateShardCount', {
  input: {
    ...STREAM,
    TargetShardCount: { type: 'integer', required: true, min: 1, max: 10_000 },
    ScalingType: { type: 'string', required: true, enum: ['UNIFORM_SCALING'] },
  },
  async run({ TargetShardCount, ...reference }, store) {
    const stream = store.get(streamId(reference));
    const current = stream.openShards.length;
    if (stream.state.mode === 'ON_DEMAND') {
      throw new AwsError(
        'ValidationException',
        `Stream ${stream.name} is ON_DEMAND: its shards are not counted by hand.`,
      );
    }
    await stream.exclusively(() => scaleUniformly(stream, TargetShardCount));

    return {
      StreamName: stream.name,
      StreamARN: stream.arn,
      CurrentShardCount: current,
      TargetShardCount,
    };
  },
});
