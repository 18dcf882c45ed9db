import { CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { environment } from './environment.ts';

/** An alarm as the management API shows it. */
export interface AlarmReport {
  /** Below the environment: `CausewayParking/ParkingHistory/Ledger`. */
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** What is wrong when it is in alarm, and which page says what to do. */
  readonly description: string;
  /** What CloudWatch saw. */
  readonly reason: string;
  /** When it came into its state, ISO 8601; null while CloudWatch has not looked. */
  readonly since: string | null;
}

let client: CloudWatchClient | undefined;

/** A page of the environment's alarms (`ALARM_PREFIX`), in the order of their names. */
export async function describeAlarms({
  limit,
  next,
}: {
  readonly limit: number;
  readonly next?: string;
}): Promise<{ readonly items: readonly AlarmReport[]; readonly next?: string }> {
  client ??= new CloudWatchClient({});
  const AlarmNamePrefix = environment('ALARM_PREFIX');
  const { MetricAlarms = [], NextToken } = await client.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix, MaxRecords: limit, ...(next !== undefined && { NextToken: next }) }),
  );
  const items = MetricAlarms.map((alarm) => report(alarm, AlarmNamePrefix));

  return NextToken === undefined ? { items } : { items, next: NextToken };
}

function report(alarm: MetricAlarm, prefix: string): AlarmReport {
  return {
    name: (alarm.AlarmName ?? '').slice(prefix.length),
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    description: alarm.AlarmDescription ?? '',
    reason: alarm.StateReason ?? '',
    since: alarm.StateTransitionedTimestamp?.toISOString() ?? null,
  };
}
