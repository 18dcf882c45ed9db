import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';

/** Over which faults are counted. */
export const ALARM_PERIOD = Duration.minutes(5);

export interface FaultAlarmProps {
  readonly environment: Environment;
  /** What is wrong and what follows from it, for whoever is woken up. */
  readonly description: string;
  /** What to look at and what to do: the page `docs/runbooks/<name>.md`. */
  readonly runbook: string;
  readonly metric: IMetric;
  /**
   * The value that is still right.
   * @default 0
   */
  readonly above?: number;
  /**
   * How many periods in a row.
   * @default 1
   */
  readonly periods?: number;
  /**
   * In how many of these periods it has to be wrong.
   * @default - in all of them
   */
  readonly datapoints?: number;
}

/** Where the pages for whoever is woken up are, in the repository. */
const RUNBOOKS = 'docs/runbooks';
/** CloudWatch takes 1,024 characters. */
const MAX_DESCRIPTION = 1024;

/** The beginning of the names of an environment's alarms. */
export function alarmPrefix(environment: Environment): string {
  return `causeway/${environment.name}/`;
}

/** Tells the environment's alarm topic when something is wrong. No data is no fault: what is not used does not fail. */
export class FaultAlarm extends Construct {
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: FaultAlarmProps) {
    super(scope, id);
    const { environment, description, runbook, metric, above = 0, periods = 1, datapoints = periods } = props;
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: `${alarmPrefix(environment)}${this.node.path}`,
      alarmDescription: `${description} What to do: ${RUNBOOKS}/${runbook}.md`.slice(0, MAX_DESCRIPTION),
      metric,
      threshold: above,
      evaluationPeriods: periods,
      datapointsToAlarm: datapoints,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (environment.alarmTopicArn !== undefined) {
      this.alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, 'Topic', environment.alarmTopicArn)));
    }
  }
}
