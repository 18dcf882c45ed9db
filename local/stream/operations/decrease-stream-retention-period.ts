import { AwsError } from '../../errors.ts';
import { LIMITS } from '../limits.ts';
import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';

interface DecreaseStreamRetentionPeriod extends StreamReference {
  readonly RetentionPeriodHours: number;
}

export const decreaseStreamRetentionPeriod = operation<DecreaseStreamRetentionPeriod>('DecreaseStreamRetentionPeriod', {
  input: { ...STREAM, RetentionPeriodHours: { type: 'integer', required: true } },
  async run({ RetentionPeriodHours, ...reference }, store) {
    const stream = store.get(streamId(reference));
    const { minimum, maximum } = LIMITS.retentionHours;
    if (RetentionPeriodHours < minimum || RetentionPeriodHours > maximum) {
      throw new AwsError(
        'InvalidArgumentException',
        `Retention period must be between ${minimum} and ${maximum} hours; received ${RetentionPeriodHours}.`,
      );
    }
    if (RetentionPeriodHours > stream.state.retentionHours) {
      throw new AwsError(
        'InvalidArgumentException',
        `Requested retention period (${RetentionPeriodHours} hours) for stream ${stream.name} can not be longer than existing retention period (${stream.state.retentionHours} hours). Use IncreaseStreamRetentionPeriod API.`,
      );
    }
    await stream.change(() => ({ retentionHours: RetentionPeriodHours }));

    return {};
  },
});
