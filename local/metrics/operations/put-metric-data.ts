import { type Aggregate, merged, single } from '../metric.ts';
import {
  DIMENSIONS,
  type DimensionInput,
  dimensionsOf,
  METRIC_NAME,
  NAMESPACE,
  operation,
  refuse,
} from '../operation.ts';

interface Datum {
  readonly MetricName: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly Timestamp?: number;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
}

interface PutMetricData {
  readonly Namespace: string;
  readonly MetricData: readonly Datum[];
}

const HOUR = 3600;
const AGE = { past: 14 * 24 * HOUR, future: 2 * HOUR };
const NUMBER = { type: 'number', required: true } as const;

export const putMetricData = operation<PutMetricData>('PutMetricData', {
  input: {
    Namespace: { ...NAMESPACE, required: true },
    MetricData: {
      type: 'list',
      required: true,
      max: 1000,
      member: {
        type: 'structure',
        members: {
          MetricName: { ...METRIC_NAME, required: true },
          Dimensions: DIMENSIONS,
          Timestamp: { type: 'timestamp' },
          Value: { type: 'number' },
          Values: { type: 'list', max: 150, member: { type: 'number' } },
          Counts: { type: 'list', max: 150, member: { type: 'number' } },
          StatisticValues: {
            type: 'structure',
            members: { SampleCount: NUMBER, Sum: NUMBER, Minimum: NUMBER, Maximum: NUMBER },
          },
          Unit: { type: 'string' },
          StorageResolution: { type: 'integer', min: 1 },
        },
      },
    },
  },
  need: ({ Namespace }) => ({ resource: '*', conditionKeys: { 'cloudwatch:namespace': Namespace } }),
  async run({ Namespace: namespace, MetricData }, monitoring) {
    if (namespace.startsWith('AWS/')) refuse('The value AWS/ for parameter Namespace is invalid.');
    const now = monitoring.now() / 1000;
    const values = MetricData.map((datum, index) => aggregateOf(datum, `MetricData.member.${index + 1}`, now));
    MetricData.forEach(({ MetricName: name, Dimensions, Timestamp }, index) => {
      const metric = { namespace, name, dimensions: dimensionsOf(Dimensions) };
      monitoring.store.add(metric, values[index] as Aggregate, (Timestamp ?? now) * 1000);
    });

    return {};
  },
});

function aggregateOf(
  { Timestamp, Value, Values, Counts, StatisticValues }: Datum,
  place: string,
  now: number,
): Aggregate {
  if (Timestamp !== undefined && (Timestamp < now - AGE.past || Timestamp > now + AGE.future)) {
    refuse(`The parameter ${place}.Timestamp must specify a time within the past two weeks and the next two hours.`);
  }
  const given = [Value, Values, StatisticValues].filter((one) => one !== undefined);
  if (given.length !== 1) {
    refuse(
      `The parameters ${place}.Value, ${place}.Values and ${place}.StatisticValues are mutually exclusive, and one is required.`,
      'InvalidParameterCombinationException',
    );
  }
  if (Value !== undefined) return single(Value);
  if (StatisticValues !== undefined) {
    const { SampleCount: count, Sum: sum, Minimum: minimum, Maximum: maximum } = StatisticValues;

    return { count, sum, minimum, maximum };
  }
  const all = Values ?? [];
  if (all.length === 0 || (Counts !== undefined && Counts.length !== all.length)) {
    refuse(`The parameters ${place}.Values and ${place}.Counts must be of the same size, and not empty.`);
  }

  return all.map((value, at) => single(value, Counts?.[at])).reduce((sum, one) => merged(sum, one));
}
