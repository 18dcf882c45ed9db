import { type Metric, periods, STATISTICS, type Statistic, statisticOf } from '../metric.ts';
import {
  checkPeriod,
  checkWindow,
  DIMENSIONS,
  type DimensionInput,
  dimensionsOf,
  METRIC_NAME,
  NAMESPACE,
  operation,
  refuse,
} from '../operation.ts';

interface Query {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly DimensionInput[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

interface GetMetricData {
  readonly MetricDataQueries: readonly Query[];
  readonly StartTime: number;
  readonly EndTime: number;
  readonly ScanBy?: 'TimestampAscending' | 'TimestampDescending';
  readonly MaxDatapoints?: number;
  readonly NextToken?: string;
}

/** Of one answer, all queries together. */
const MAX_DATAPOINTS = 100_800;

/** Metrics, no math. Everything fits into one page, as long as it fits into what one page may hold. */
export const getMetricData = operation<GetMetricData>('GetMetricData', {
  input: {
    MetricDataQueries: {
      type: 'list',
      required: true,
      max: 500,
      member: {
        type: 'structure',
        members: {
          Id: { type: 'string', required: true, min: 1, max: 255, pattern: /^[a-z]\w*$/ },
          Label: { type: 'string' },
          Expression: { type: 'string', min: 1, max: 2048 },
          ReturnData: { type: 'boolean' },
          MetricStat: {
            type: 'structure',
            members: {
              Metric: {
                type: 'structure',
                required: true,
                members: {
                  Namespace: { ...NAMESPACE, required: true },
                  MetricName: { ...METRIC_NAME, required: true },
                  Dimensions: DIMENSIONS,
                },
              },
              Period: { type: 'integer', required: true, min: 1 },
              Stat: { type: 'string', required: true },
            },
          },
        },
      },
    },
    StartTime: { type: 'timestamp', required: true },
    EndTime: { type: 'timestamp', required: true },
    ScanBy: { type: 'string', enum: ['TimestampAscending', 'TimestampDescending'] },
    MaxDatapoints: { type: 'integer', min: 1, max: MAX_DATAPOINTS },
    NextToken: { type: 'string' },
  },
  async run({ MetricDataQueries, StartTime, EndTime, ScanBy, MaxDatapoints = MAX_DATAPOINTS, NextToken }, monitoring) {
    checkWindow(StartTime, EndTime);
    if (NextToken !== undefined) refuse('NextToken is not one of this API.', 'InvalidNextToken');
    const ids = new Set(MetricDataQueries.map(({ Id }) => Id));
    if (ids.size < MetricDataQueries.length) refuse('The values for parameter id in MetricDataQueries are not unique.');
    const read = MetricDataQueries.map((query) => ({ query, ...statOf(query) }));
    const results = [];
    for (const { query, metric, period, statistic } of read) {
      if (query.ReturnData === false) continue;
      const points = periods(await monitoring.minutes(metric), StartTime * 1000, EndTime * 1000, period);
      if (ScanBy !== 'TimestampAscending') points.reverse();
      results.push({
        Id: query.Id,
        Label: query.Label ?? metric.name,
        Timestamps: points.map(([at]) => at / 1000),
        Values: points.map(([, aggregate]) => statisticOf(aggregate, statistic)),
        StatusCode: 'Complete',
      });
    }
    const total = results.reduce((sum, { Values }) => sum + Values.length, 0);
    if (total > MaxDatapoints) {
      refuse(
        `${total} datapoints are more than the ${MaxDatapoints} of one page; the local platform has no second page.`,
      );
    }

    return { MetricDataResults: results, Messages: [] };
  },
});

function statOf({ Id, Expression, MetricStat }: Query): { metric: Metric; period: number; statistic: Statistic } {
  if (Expression !== undefined) refuse(`${Id}: expressions are not served by the local platform.`);
  if (MetricStat === undefined) {
    return refuse(`${Id}: either MetricStat or Expression is required.`, 'MissingRequiredParameterException');
  }
  const { Metric, Period, Stat } = MetricStat;
  checkPeriod(Period);
  const statistic = STATISTICS.find((one) => one === Stat);
  if (statistic === undefined) {
    return refuse(`${Id}: the statistic ${Stat} is not served locally; it has: ${STATISTICS.join(', ')}.`);
  }
  const { Namespace: namespace, MetricName: name, Dimensions } = Metric;

  return { metric: { namespace, name, dimensions: dimensionsOf(Dimensions) }, period: Period, statistic };
}
