import { awsProblem } from '../../core/fdi/service-problem.ts';
import { type Checking, checked, type SourceCheck } from '../../core/fdi/source-check.ts';
import { AwsRequestFailed } from './aws-request.ts';
import { jsonCall } from './json-api.ts';
import type { TestSide } from './side-test.ts';
import { KINESIS } from './topic-writer.ts';

/** Tries that a task may read its topic: a shard of it from its beginning, one message at most. */
export const testTopicFeed: TestSide = async ({ feed }, checking) => {
  const StreamARN = feed !== undefined && 'streamArn' in feed ? feed.streamArn : '';
  const topic = StreamARN.split('/').at(-1) ?? '';

  return [
    await checked({ ...checking, problemOf: awsProblem }, `reads ${topic}`, async () => {
      const { Shards } = await jsonCall(KINESIS, 'ListShards', { StreamARN, MaxResults: 1 });
      const [shard] = Shards as readonly { readonly ShardId: string }[];
      const place = { StreamARN, ShardId: shard?.ShardId, ShardIteratorType: 'TRIM_HORIZON' };
      const { ShardIterator } = await jsonCall(KINESIS, 'GetShardIterator', place);
      await jsonCall(KINESIS, 'GetRecords', { StreamARN, ShardIterator, Limit: 1 }, { attemptMs: READ_MS });

      return undefined;
    }),
  ];
};

/** One message may have 10 MiB. */
const READ_MS = 10_000;

/** Tries that a task may write into a topic, by a call that Kinesis judges and does not carry out. Ref: kinesis/latest/APIReference/API_PutRecords, DryRun */
export async function testTopicTarget(
  stream: string,
  topic: string,
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  return [
    await checked({ ...checking, problemOf: awsProblem }, `writes ${topic}`, async () => {
      const Records = [{ Data: Buffer.from('{}').toString('base64'), PartitionKey: 'causeway-test' }];
      await jsonCall(KINESIS, 'PutRecords', { StreamName: stream, Records, DryRun: true }).catch((error: unknown) => {
        if (!(error instanceof AwsRequestFailed) || error.name !== 'DryRunOperationException') {
          throw error;
        }
      });

      return undefined;
    }),
  ];
}
