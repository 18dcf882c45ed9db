import { ACCOUNT, arn } from '../../account.ts';
import { AwsError } from '../../errors.ts';
import { describeChildren, describeRecord } from '../description.ts';
import { decodeIterator, encodeIterator, requireFresh } from '../iterator.ts';
import { LIMITS } from '../limits.ts';
import { endDryRun, operation, STREAM_ARN } from '../operation.ts';

interface GetRecords {
  readonly ShardIterator: string;
  readonly Limit?: number;
  readonly DryRun?: boolean;
}

export const getRecords = operation<GetRecords>('GetRecords', {
  input: {
    ShardIterator: { type: 'string', required: true, min: 1, max: 512 },
    Limit: { type: 'integer', min: 1, max: LIMITS.getRecordsCount },
    StreamARN: STREAM_ARN,
    DryRun: { type: 'boolean' },
  },
  resource: ({ ShardIterator }) => arn('kinesis', `stream/${decodeIterator(ShardIterator).stream}`),
  async run({ ShardIterator, Limit = LIMITS.getRecordsCount, DryRun }, store) {
    const iterator = decodeIterator(ShardIterator);
    requireFresh(iterator, store.now());
    const stream = store.get(iterator.stream);
    if (stream.state.created !== iterator.streamCreated) throw deleted(iterator.stream);
    const shard = stream.shard(iterator.shardId);
    endDryRun(DryRun);
    const { records, next, millisBehindLatest } = await stream.read(shard, iterator.counter, Limit);

    return {
      Records: records.map((record) => describeRecord(shard, record)),
      ...(shard.isEndedAt(next)
        ? { ChildShards: describeChildren(stream, shard) }
        : { NextShardIterator: encodeIterator({ ...iterator, counter: next, issued: store.now() }) }),
      MillisBehindLatest: millisBehindLatest,
    };
  },
});

/** A stream of the same name is not the one the iterator was made for. */
function deleted(stream: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Stream ${stream} under account ${ACCOUNT} not found.`);
}
