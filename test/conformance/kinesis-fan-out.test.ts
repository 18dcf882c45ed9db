import {
  CreateStreamCommand,
  KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  ResourceInUseException,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createStreamEngine } from '../../local/stream/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const StreamName = 'Events';
const ShardId = 'shardId-000000000000';
let aws: Endpoint;
let client: KinesisClient;

beforeAll(async () => {
  aws = await endpoint({ stream: createStreamEngine });
  client = new KinesisClient(aws.client);
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
});

afterAll(async () => {
  client.destroy();
  await aws?.stop();
});

const put = (text: string) =>
  client.send(new PutRecordCommand({ StreamName, PartitionKey: 'a', Data: new TextEncoder().encode(text) }));

async function register(ConsumerName: string): Promise<string> {
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
  const { Consumer } = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));

  return Consumer?.ConsumerARN ?? '';
}

async function subscribe(ConsumerARN: string) {
  const StartingPosition = { Type: 'TRIM_HORIZON' as const };
  const { EventStream } = await client.send(new SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition }));
  const events = EventStream?.[Symbol.asyncIterator]();

  return async (): Promise<SubscribeToShardEvent> => {
    const { value } = (await events?.next()) ?? {};

    return value?.SubscribeToShardEvent;
  };
}

const textsOf = ({ Records = [] }: SubscribeToShardEvent) =>
  Records.map(({ Data = new Uint8Array() }) => new TextDecoder().decode(Data));

test('the SDK reads what is pushed, as it comes', async () => {
  await put('first');
  const next = await subscribe(await register('Reader'));
  const first = await next();
  await put('second');

  expect(textsOf(first)).toEqual(['first']);
  expect(first).toMatchObject({
    MillisBehindLatest: 0,
    ContinuationSequenceNumber: first.Records?.[0]?.SequenceNumber,
  });
  expect(textsOf(await next())).toEqual(['second']);
});

test('a second subscription of the same consumer is refused at first', async () => {
  const consumer = await register('Twice');
  await subscribe(consumer);

  await expect(subscribe(consumer)).rejects.toBeInstanceOf(ResourceInUseException);
});

test('a caller that may not subscribe is refused, by the ARN of the consumer', async () => {
  const consumer = await register('Refused');
  aws.denied.add('kinesis:SubscribeToShard');

  await expect(subscribe(consumer)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(aws.asked.at(-1)).toEqual({ action: 'kinesis:SubscribeToShard', resource: consumer });
});
