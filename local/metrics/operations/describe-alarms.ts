import { arn } from '../../account.ts';
import type { AlarmStateValue, AlarmView } from '../alarms.ts';
import { operation, refuse } from '../operation.ts';

interface DescribeAlarms {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly StateValue?: AlarmStateValue;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

const TEXT = { type: 'string', min: 1, max: 255 } as const;

export const describeAlarms = operation<DescribeAlarms>('DescribeAlarms', {
  input: {
    AlarmNames: { type: 'list', max: 100, member: TEXT },
    AlarmNamePrefix: TEXT,
    AlarmTypes: { type: 'list', member: { type: 'string', enum: ['CompositeAlarm', 'MetricAlarm', 'LogAlarm'] } },
    StateValue: { type: 'string', enum: ['OK', 'ALARM', 'INSUFFICIENT_DATA'] },
    MaxRecords: { type: 'integer', min: 1, max: 100 },
    NextToken: { type: 'string', max: 1024 },
  },
  need: () => ({ resource: arn('cloudwatch', 'alarm:*') }),
  async run({ AlarmNames, AlarmNamePrefix = '', StateValue, MaxRecords = 50, NextToken = '0' }, { alarms }) {
    const start = Number(NextToken);
    if (!Number.isInteger(start) || start < 0) refuse('NextToken is not one of this API.', 'InvalidNextToken');
    const all = alarms
      .list()
      .filter(({ definition: { name } }) => AlarmNames?.includes(name) ?? name.startsWith(AlarmNamePrefix))
      .filter(({ state }) => StateValue === undefined || state === StateValue);

    return {
      MetricAlarms: all.slice(start, start + MaxRecords).map(bodyOf),
      CompositeAlarms: [],
      ...(start + MaxRecords < all.length ? { NextToken: String(start + MaxRecords) } : {}),
    };
  },
});

function bodyOf({ definition, arn: alarmArn, state, reason, since }: AlarmView): unknown {
  const { metric } = definition;

  return {
    AlarmName: definition.name,
    AlarmArn: alarmArn,
    AlarmDescription: definition.description,
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: since / 1000,
    StateTransitionedTimestamp: since / 1000,
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    Statistic: definition.statistic,
    Period: definition.period,
    EvaluationPeriods: definition.evaluationPeriods,
    DatapointsToAlarm: definition.datapointsToAlarm,
    Threshold: definition.threshold,
    ComparisonOperator: definition.comparison,
    TreatMissingData: definition.missingData,
  };
}
