/** Of all metrics that the platform itself measures. */
const NAMESPACE = 'Causeway';

/**
 * Fields that make a log line a measurement: CloudWatch reads metrics out of lines in its embedded format, so no call is made and no right is
 * needed. D:AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification
 *
 * @param dimensions and `metrics` become fields of the line
 */
export function embeddedMetrics(
  dimensions: Readonly<Record<string, string>>,
  metrics: Readonly<Record<string, number>>,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    ...dimensions,
    ...metrics,
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: Object.keys(metrics).map((Name) => ({ Name })),
        },
      ],
    },
  };
}
