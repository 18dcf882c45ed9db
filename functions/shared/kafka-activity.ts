import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { KafkaActivity } from '../../core/fdi/kafka-account.ts';

/** Metrics of Lambda come a minute or two late. */
const WINDOW_MS = 10 * 60_000;

let client: CloudWatchClient | undefined;

/** What Lambda's pollers say of a consumer. @param functionArn with or without a qualifier */
export async function kafkaActivity(functionArn: string): Promise<KafkaActivity> {
  client ??= new CloudWatchClient({});
  const name = functionArn.split(':')[6] ?? '';
  const now = Date.now();
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - WINDOW_MS),
      EndTime: new Date(now + 60_000),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [query('lag', name, 'OffsetLag', 'Maximum'), query('calls', name, 'Invocations', 'Sum')],
    }),
  );
  const valuesOf = (id: string) => results.find(({ Id }) => Id === id)?.Values ?? [];

  return { lag: valuesOf('lag')[0], isCalled: valuesOf('calls').some((calls) => calls > 0) };
}

function query(id: string, functionName: string, name: string, statistic: string): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName: name,
        Dimensions: [{ Name: 'FunctionName', Value: functionName }],
      },
      Period: 60,
      Stat: statistic,
    },
  };
}
