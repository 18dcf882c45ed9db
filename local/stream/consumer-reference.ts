import { ACCOUNT } from '../account.ts';
import type { Shape } from '../aws/request-shape.ts';
import { AwsError } from '../errors.ts';
import { consumerArn } from './description.ts';
import { NAME, STREAM_ARN } from './operation.ts';
import type { ConsumerState, Stream } from './stream.ts';
import type { StreamStore } from './stream-store.ts';

/** A consumer is named by its ARN, or by its stream's and its name. */
export interface ConsumerReference {
  readonly ConsumerARN?: string;
  readonly StreamARN?: string;
  readonly ConsumerName?: string;
}

export const CONSUMER: Shape = {
  ConsumerARN: {
    type: 'string',
    min: 1,
    max: 2048,
    pattern: /^arn:aws.*:kinesis:.*:\d{12}:.*stream\/\S+\/consumer\/\S+:\d+$/,
  },
  StreamARN: STREAM_ARN,
  ConsumerName: NAME,
};

/** Throws `AwsError` InvalidArgumentException. */
export function consumerResource({ ConsumerARN, StreamARN }: ConsumerReference): string {
  const resource = ConsumerARN ?? StreamARN;
  if (resource !== undefined) return resource;

  throw new AwsError(
    'InvalidArgumentException',
    'Either ConsumerARN, or StreamARN and ConsumerName, must be specified.',
  );
}

/** Throws `AwsError` ResourceNotFoundException. */
export function findConsumer(
  store: StreamStore,
  reference: ConsumerReference,
): { readonly stream: Stream; readonly consumer: ConsumerState } {
  const stream = store.get(consumerResource(reference));
  const consumer = stream.state.consumers.find((candidate) =>
    reference.ConsumerARN === undefined
      ? candidate.name === reference.ConsumerName
      : consumerArn(stream, candidate) === reference.ConsumerARN,
  );
  if (consumer !== undefined) return { stream, consumer };

  const name = reference.ConsumerARN ?? `${stream.arn}/consumer/${reference.ConsumerName}`;
  throw new AwsError('ResourceNotFoundException', `Consumer ${name} under account ${ACCOUNT} not found.`);
}
