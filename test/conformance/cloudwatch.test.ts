import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetricsEngine } from '../../local/metrics/engine.ts';
import { createStreamEngine } from '../../local/stream/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const MINUTE = 60_000;
const Namespace = 'Lot';
const Dimensions = [
  { Name: 'Task', Value: 'History' },
  { Name: 'Environment', Value: 'test' },
];
let aws: Endpoint;
let client: CloudWatchClient;
let minute: number;

beforeAll(async () => {
  aws = await endpoint({ stream: createStreamEngine, metrics: createMetricsEngine });
  client = new CloudWatchClient(aws.client);
  minute = Math.floor(Date.now() / MINUTE) * MINUTE - 20 * MINUTE;
  const datum = (at: number, Value: number) => ({
    MetricName: 'Cars',
    Dimensions,
    Timestamp: new Date(minute + at),
    Value,
  });
  await client.send(
    new PutMetricDataCommand({
      Namespace,
      MetricData: [datum(0, 2), datum(59_999, 4), datum(MINUTE, 10), datum(5 * MINUTE, 1)],
    }),
  );
});

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
});

const statOf = (Stat: string, Period = 60) => ({
  Metric: { Namespace, MetricName: 'Cars', Dimensions: [...Dimensions].reverse() },
  Period,
  Stat,
});

test('GetMetricData answers each query by the minute, in the order asked for, whatever the order of the dimensions', async () => {
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(minute + 30_000),
      EndTime: new Date(minute + 5 * MINUTE),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        { Id: 'sum', MetricStat: statOf('Sum') },
        { Id: 'average', MetricStat: statOf('Average') },
        { Id: 'nothing', MetricStat: { ...statOf('Sum'), Metric: { Namespace, MetricName: 'Bikes' } } },
      ],
    }),
  );

  expect(MetricDataResults).toMatchObject([
    { Id: 'sum', Values: [6, 10], Timestamps: [new Date(minute), new Date(minute + MINUTE)], StatusCode: 'Complete' },
    { Id: 'average', Values: [3, 10] },
    { Id: 'nothing', Values: [], Timestamps: [] },
  ]);
});

test('GetMetricStatistics folds minutes into periods', async () => {
  const { Datapoints } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName: 'Cars',
      Dimensions,
      StartTime: new Date(minute - 60 * MINUTE),
      EndTime: new Date(minute + 60 * MINUTE),
      Period: 7200,
      Statistics: ['SampleCount', 'Minimum', 'Maximum', 'Sum'],
    }),
  );

  expect(Datapoints?.reduce((sum, { Sum = 0 }) => sum + Sum, 0)).toBe(17);
  expect(Math.min(...(Datapoints ?? []).map(({ Minimum = 0 }) => Minimum))).toBe(1);
});

test('what came into a stream is counted from its own log, by the minute it arrived', async () => {
  const { stream } = aws.host.engines;
  await stream.apply({ name: 'Events', mode: 'PROVISIONED', shards: 3, retentionHours: 24 });
  for (let index = 0; index < 25; index += 1) {
    await stream.put('Events', { data: Buffer.from('12345678'), partitionKey: `k${index % 10}` });
  }
  const query = (MetricName: string) => ({
    Id: MetricName.toLowerCase(),
    MetricStat: {
      Metric: { Namespace: 'AWS/Kinesis', MetricName, Dimensions: [{ Name: 'StreamName', Value: 'Events' }] },
      Period: 60,
      Stat: 'Sum',
    },
  });
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 2 * MINUTE),
      EndTime: new Date(Date.now() + MINUTE),
      MetricDataQueries: [query('IncomingRecords'), query('IncomingBytes')],
    }),
  );
  const sums = MetricDataResults.map(({ Values = [] }) => Values.reduce((sum, value) => sum + value, 0));

  expect(sums).toEqual([25, 25 * 10]);
});

test('ListMetrics names what there is, and only what was asked for', async () => {
  const listed = async (input: object) =>
    (await client.send(new ListMetricsCommand(input))).Metrics?.map(({ MetricName }) => MetricName);

  expect(await listed({ Namespace })).toEqual(['Cars']);
  expect(await listed({ Namespace: 'AWS/Kinesis', MetricName: 'IncomingRecords' })).toEqual(['IncomingRecords']);
  expect(await listed({ Namespace, Dimensions: [{ Name: 'Task', Value: 'Other' }] })).toEqual([]);
});

test('DescribeAlarms answers the alarms of the templates with their states', async () => {
  aws.host.engines.metrics.applyAlarm({
    name: 'TooMany',
    description: 'More cars than there is room for',
    metric: { namespace: Namespace, name: 'Cars', dimensions: { Task: 'History', Environment: 'test' } },
    statistic: 'Sum',
    period: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 5,
    comparison: 'GreaterThanThreshold',
    missingData: 'notBreaching',
  });
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'Too' }));

  expect(MetricAlarms).toMatchObject([
    { AlarmName: 'TooMany', StateValue: 'INSUFFICIENT_DATA', Threshold: 5, MetricName: 'Cars', Period: 60 },
  ]);
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'a namespace of AWS',
    () =>
      client.send(new PutMetricDataCommand({ Namespace: 'AWS/Lambda', MetricData: [{ MetricName: 'A', Value: 1 }] })),
    'The value AWS/ for parameter Namespace is invalid.',
  ],
  [
    'a value of a month ago',
    () =>
      client.send(
        new PutMetricDataCommand({
          Namespace,
          MetricData: [{ MetricName: 'A', Value: 1, Timestamp: new Date(Date.now() - 31 * 86_400_000) }],
        }),
      ),
    'within the past two weeks',
  ],
  [
    'more than 1,000 values at once',
    () =>
      client.send(
        new PutMetricDataCommand({
          Namespace,
          MetricData: Array.from({ length: 1001 }, () => ({ MetricName: 'A', Value: 1 })),
        }),
      ),
    'less than or equal to 1000',
  ],
  [
    'more than 1,440 data points of GetMetricStatistics',
    () =>
      client.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName: 'Cars',
          StartTime: new Date(0),
          EndTime: new Date(1441 * MINUTE),
          Period: 60,
          Statistics: ['Sum'],
        }),
      ),
    'You have requested up to 1441 datapoints, which exceeds the limit of 1440',
  ],
  [
    'a window that ends before it begins',
    () =>
      client.send(
        new GetMetricDataCommand({
          StartTime: new Date(MINUTE),
          EndTime: new Date(0),
          MetricDataQueries: [{ Id: 'm', MetricStat: statOf('Sum') }],
        }),
      ),
    'StartTime must be less than',
  ],
])('%s is refused', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('what a shard refuses is counted, for those who write and those who read', async () => {
  const stream = aws.host.engines.stream;
  await stream.apply({ name: 'Busy', mode: 'PROVISIONED', shards: 1, retentionHours: 24 });
  const refused = async (calls: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length;
  const record = { partitionKey: 'one', data: Buffer.from('1') };
  const writes = await refused(Array.from({ length: 2500 }, () => stream.put('Busy', record)));
  const read = () => stream.read('Busy', 'shardId-000000000000', { type: 'TRIM_HORIZON' }, 1);
  const reads = await refused(Array.from({ length: 20 }, read));
  const total = async (MetricName: string) => {
    const Metric = { Namespace: 'AWS/Kinesis', MetricName, Dimensions: [{ Name: 'StreamName', Value: 'Busy' }] };
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(minute),
        EndTime: new Date(Date.now() + MINUTE),
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
      }),
    );

    return MetricDataResults[0]?.Values?.reduce((sum, value) => sum + value, 0);
  };

  expect(writes).toBeGreaterThan(0);
  expect(reads).toBeGreaterThan(0);
  expect(await total('WriteProvisionedThroughputExceeded')).toBe(writes);
  expect(await total('ReadProvisionedThroughputExceeded')).toBe(reads);
});

test('every call asks IAM', async () => {
  aws.denied.add('cloudwatch:ListMetrics');

  await expect(client.send(new ListMetricsCommand({}))).rejects.toThrow('cloudwatch:ListMetrics');
  aws.denied.clear();
});
