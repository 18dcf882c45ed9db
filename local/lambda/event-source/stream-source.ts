import { arn } from '../../account.ts';
import { tableOfStream, tableStreamName } from '../../dynamodb/table-stream.ts';

/** What the stream engine knows a source by: a stream of Kinesis by its ARN, that of a table by a name of its own. */
export function storedStream(streamArn: string): string {
  const table = tableOfStream(streamArn);

  return table === undefined ? streamArn : arn('kinesis', `stream/${tableStreamName(table)}`);
}

/** What the role must be allowed to be connected with it; `ListStreams`, which AWS names too, knows no resource. */
export function connectActions(streamArn: string): readonly string[] {
  return tableOfStream(streamArn) === undefined
    ? ['GetRecords', 'GetShardIterator', 'DescribeStream', 'ListShards'].map((action) => `kinesis:${action}`)
    : ['GetRecords', 'GetShardIterator', 'DescribeStream'].map((action) => `dynamodb:${action}`);
}

/** What reading takes each time. */
export function readActions(streamArn: string): readonly string[] {
  const service = tableOfStream(streamArn) === undefined ? 'kinesis' : 'dynamodb';

  return ['GetShardIterator', 'GetRecords'].map((action) => `${service}:${action}`);
}
