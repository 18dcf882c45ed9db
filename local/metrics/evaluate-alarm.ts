import {
  type Aggregate,
  type Metric,
  MINUTE,
  type Minutes,
  merged,
  minuteOf,
  type Statistic,
  statisticOf,
} from './metric.ts';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export const COMPARISONS = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;

export interface AlarmDefinition {
  readonly name: string;
  readonly description: string;
  readonly metric: Metric;
  readonly statistic: Statistic;
  /** Seconds. */
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: keyof typeof COMPARISONS;
  readonly missingData: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

export interface AlarmJudgement {
  readonly state: AlarmStateValue;
  readonly reason: string;
}

/**
 * What the last periods say; they end with the last whole minute.
 * Ref: AmazonCloudWatch/latest/monitoring/alarm-evaluation, alarms-and-missing-data
 *
 * @param before the state so far, which `ignore` keeps
 */
export function evaluateAlarm(
  definition: AlarmDefinition,
  minutes: Minutes,
  now: number,
  before: AlarmJudgement,
): AlarmJudgement {
  const { evaluationPeriods, datapointsToAlarm, missingData, threshold, comparison } = definition;
  const values = Array.from({ length: evaluationPeriods }, (_, back) => periodValue(definition, minutes, now, back));
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0 && missingData === 'missing') {
    return { state: 'INSUFFICIENT_DATA', reason: 'Insufficient Data: no datapoints were received.' };
  }
  const missing = evaluationPeriods - known.length;
  const breaching = known.filter((value) => COMPARISONS[comparison](value, threshold)).length;
  const counted = breaching + (missingData === 'breaching' ? missing : 0);
  if (missing > 0 && missingData === 'ignore' && breaching < datapointsToAlarm) return before;
  const seen =
    known.length === 0 ? `no datapoints, treated as ${missingData}` : `the last datapoints [${known.join(', ')}]`;

  return counted >= datapointsToAlarm
    ? { state: 'ALARM', reason: `Threshold Crossed: ${counted} of ${seen} against ${comparison} ${threshold}.` }
    : { state: 'OK', reason: `Threshold not crossed: ${seen} against ${comparison} ${threshold}.` };
}

function periodValue(
  { period, statistic }: AlarmDefinition,
  minutes: Minutes,
  now: number,
  back: number,
): number | undefined {
  const end = minuteOf(now) - back * period * 1000;
  let total: Aggregate | undefined;
  for (let minute = end - period * 1000; minute < end; minute += MINUTE) {
    const aggregate = minutes.get(minute);
    if (aggregate !== undefined) total = merged(total, aggregate);
  }

  return total && statisticOf(total, statistic);
}
