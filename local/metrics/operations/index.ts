import type { JsonOperation } from '../../aws/json-service.ts';
import type { Monitoring } from '../operation.ts';
import { describeAlarms } from './describe-alarms.ts';
import { getMetricData } from './get-metric-data.ts';
import { getMetricStatistics } from './get-metric-statistics.ts';
import { listMetrics } from './list-metrics.ts';
import { putMetricData } from './put-metric-data.ts';

/** Everything the engine serves; what is not here is answered UnknownOperationException. */
export const OPERATIONS: ReadonlyMap<string, JsonOperation<Monitoring>> = new Map(
  [describeAlarms, getMetricData, getMetricStatistics, listMetrics, putMetricData].map((one) => [one.name, one]),
);
