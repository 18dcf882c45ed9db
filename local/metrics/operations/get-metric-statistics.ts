import { periods, STATISTICS, type Statistic, statisticOf } from '../metric.ts';
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

interface GetMetricStatistics {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly StartTime: number;
  readonly EndTime: number;
  readonly Period: number;
  readonly Statistics?: readonly Statistic[];
  readonly ExtendedStatistics?: readonly string[];
}

const MAX_DATAPOINTS = 1440;

export const getMetricStatistics = operation<GetMetricStatistics>('GetMetricStatistics', {
  input: {
    Namespace: { ...NAMESPACE, required: true },
    MetricName: { ...METRIC_NAME, required: true },
    Dimensions: DIMENSIONS,
    StartTime: { type: 'timestamp', required: true },
    EndTime: { type: 'timestamp', required: true },
    Period: { type: 'integer', required: true, min: 1 },
    Statistics: { type: 'list', min: 1, max: 5, member: { type: 'string', enum: STATISTICS } },
    ExtendedStatistics: { type: 'list', min: 1, max: 10, member: { type: 'string' } },
  },
  async run(input, monitoring) {
    const { Namespace, MetricName, Dimensions, StartTime, EndTime, Period, Statistics, ExtendedStatistics } = input;
    checkWindow(StartTime, EndTime);
    checkPeriod(Period);
    if (ExtendedStatistics !== undefined) refuse('Percentiles are not served by the local platform.');
    if (Statistics === undefined) {
      return refuse(
        'At least one of Statistics and ExtendedStatistics is required.',
        'MissingRequiredParameterException',
      );
    }
    const asked = Math.ceil((EndTime - StartTime) / Period);
    if (asked > MAX_DATAPOINTS) {
      refuse(
        `You have requested up to ${asked} datapoints, which exceeds the limit of ${MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
        'InvalidParameterCombinationException',
      );
    }
    const metric = { namespace: Namespace, name: MetricName, dimensions: dimensionsOf(Dimensions) };
    const points = periods(await monitoring.minutes(metric), StartTime * 1000, EndTime * 1000, Period);

    return {
      Label: MetricName,
      Datapoints: points.map(([at, aggregate]) => ({
        Timestamp: at / 1000,
        ...Object.fromEntries(Statistics.map((statistic) => [statistic, statisticOf(aggregate, statistic)])),
        Unit: 'None',
      })),
    };
  },
});
