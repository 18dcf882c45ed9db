import { ACCOUNT } from '../../account.ts';
import { AwsError } from '../../errors.ts';
import { describeConsumer } from '../description.ts';
import { LIMITS } from '../limits.ts';
import { NAME, operation, STREAM_ARN } from '../operation.ts';

interface RegisterStreamConsumer {
  readonly StreamARN: string;
  readonly ConsumerName: string;
}

export const registerStreamConsumer = operation<RegisterStreamConsumer>('RegisterStreamConsumer', {
  input: { StreamARN: { ...STREAM_ARN, required: true }, ConsumerName: { ...NAME, required: true } },
  async run({ StreamARN, ConsumerName }, store) {
    const stream = store.get(StreamARN);
    const consumer = { name: ConsumerName, created: store.now() };
    await stream.change(({ consumers }) => {
      if (consumers.some(({ name }) => name === ConsumerName)) {
        throw new AwsError(
          'ResourceInUseException',
          `Consumer ${ConsumerName} under account ${ACCOUNT} already exists.`,
        );
      }
      if (consumers.length >= LIMITS.consumersPerStream) {
        throw new AwsError(
          'LimitExceededException',
          `Stream ${stream.name} has ${consumers.length} registered consumers; at most ${LIMITS.consumersPerStream} are allowed.`,
        );
      }
      return { consumers: [...consumers, consumer] };
    });

    return { Consumer: describeConsumer(stream, consumer) };
  },
});
