import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MinuteCounts } from '../../core/fdi/ledger.ts';

let client: CloudWatchClient | undefined;

/**
 * How many records a stream took, minute by minute: what CloudWatch has been told so far.
 *
 * @param from inclusive, `to` exclusive, milliseconds since the epoch, whole minutes
 */
export async function incomingRecords(stream: string, from: number, to: number): Promise<MinuteCounts> {
  client ??= new CloudWatchClient({});
  const counts = new Map<number, number>();
  let NextToken: string | undefined;
  do {
    const answer = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(from),
        EndTime: new Date(to),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [{ Id: 'incoming', MetricStat: incomingOf(stream) }],
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    const { Timestamps = [], Values = [] } = answer.MetricDataResults?.[0] ?? {};
    for (const [index, at] of Timestamps.entries()) {
      counts.set(at.getTime(), Values[index] ?? 0);
    }
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);

  return counts;
}

function incomingOf(stream: string) {
  return {
    Metric: {
      Namespace: 'AWS/Kinesis',
      MetricName: 'IncomingRecords',
      Dimensions: [{ Name: 'StreamName', Value: stream }],
    },
    Period: 60,
    Stat: 'Sum',
  };
}
