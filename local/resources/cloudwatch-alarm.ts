import { TemplateError } from '../errors.ts';
import type { AlarmDefinition } from '../metrics/alarms.ts';
import { COMPARISONS } from '../metrics/evaluate-alarm.ts';
import { STATISTICS } from '../metrics/metric.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly AlarmName?: string;
  readonly AlarmDescription?: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Metrics?: unknown;
  readonly Period?: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: AlarmDefinition['missingData'];
}

const MAX_NAME = 255;

/** AWS::CloudWatch::Alarm → an alarm that is looked at; its actions have nobody to tell. */
export const cloudwatchAlarm = resource<Properties>('AWS::CloudWatch::Alarm', {
  rebuilt: true,
  apply({ properties, engines, name, stack, logicalId }) {
    const { Namespace: namespace, MetricName: metric, Threshold: threshold, Dimensions = [] } = properties;
    const refuse = (what: string): never => {
      throw new TemplateError(`${stack}/${logicalId}: ${what}`);
    };
    const statistic = STATISTICS.find((one) => one === properties.Statistic);
    const comparison = Object.keys(COMPARISONS).find((one) => one === properties.ComparisonOperator);
    if (namespace === undefined || metric === undefined || statistic === undefined || threshold === undefined) {
      return refuse(
        'an alarm here watches one metric and one plain statistic: no metric math, percentiles or anomalies',
      );
    }
    if (comparison === undefined) return refuse(`${properties.ComparisonOperator} is not served here`);
    const period = Number(properties.Period);
    if (period % 60 !== 0) refuse(`a period of ${period} s is not served here, only whole minutes`);
    const evaluationPeriods = Number(properties.EvaluationPeriods);
    const applied = engines.metrics.applyAlarm({
      name: properties.AlarmName ?? name(MAX_NAME),
      description: properties.AlarmDescription ?? '',
      metric: {
        namespace,
        name: metric,
        dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      },
      statistic,
      period,
      evaluationPeriods,
      datapointsToAlarm: Number(properties.DatapointsToAlarm ?? evaluationPeriods),
      threshold: Number(threshold),
      comparison: comparison as AlarmDefinition['comparison'],
      missingData: properties.TreatMissingData ?? 'missing',
    });

    return { ref: applied.name, attributes: { Arn: applied.arn } };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.metrics.removeAlarm(previous.ref);
  },
});
