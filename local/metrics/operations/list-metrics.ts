import type { Metric } from '../metric.ts';
import { METRIC_NAME, NAMESPACE, operation, refuse } from '../operation.ts';

interface ListMetrics {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[];
  readonly NextToken?: string;
}

const PAGE = 500;

export const listMetrics = operation<ListMetrics>('ListMetrics', {
  input: {
    Namespace: NAMESPACE,
    MetricName: METRIC_NAME,
    Dimensions: {
      type: 'list',
      max: 10,
      member: {
        type: 'structure',
        members: {
          Name: { type: 'string', required: true, min: 1, max: 255 },
          Value: { type: 'string', min: 1, max: 1024 },
        },
      },
    },
    RecentlyActive: { type: 'string', enum: ['PT3H'] },
    NextToken: { type: 'string' },
  },
  async run(input, monitoring) {
    const start = Number(input.NextToken ?? 0);
    if (!Number.isInteger(start) || start < 0) refuse('NextToken is not one of this API.');
    const all = [...monitoring.store.metrics(), ...(await monitoring.derived())].filter((metric) =>
      fits(metric, input),
    );
    const page = all.slice(start, start + PAGE);

    return {
      Metrics: page.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
      ...(start + PAGE < all.length ? { NextToken: String(start + PAGE) } : {}),
    };
  },
});

function fits(
  { namespace, name, dimensions }: Metric,
  { Namespace, MetricName, Dimensions = [] }: ListMetrics,
): boolean {
  return (
    (Namespace === undefined || Namespace === namespace) &&
    (MetricName === undefined || MetricName === name) &&
    Dimensions.every(({ Name, Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value))
  );
}
