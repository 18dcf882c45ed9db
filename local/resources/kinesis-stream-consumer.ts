import { resource } from '../template/resource.ts';

interface Properties {
  readonly ConsumerName: string;
  readonly StreamARN: string;
}

/** AWS::Kinesis::StreamConsumer → a registered consumer of a local stream. */
export const kinesisStreamConsumer = resource<Properties>('AWS::Kinesis::StreamConsumer', {
  async apply({ properties, engines }) {
    const consumer = await engines.stream.applyConsumer(properties.StreamARN, properties.ConsumerName);

    return {
      ref: consumer.arn,
      attributes: {
        ConsumerARN: consumer.arn,
        ConsumerName: consumer.name,
        ConsumerStatus: 'ACTIVE',
        ConsumerCreationTimestamp: String(Math.floor(consumer.created / 1000)),
        StreamARN: consumer.streamArn,
      },
    };
  },

  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.stream.removeConsumer(previous.ref);
  },
});
