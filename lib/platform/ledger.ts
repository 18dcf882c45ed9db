import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

/** The first minute of a task that begins in the middle of one is counted in its topic, which may take half a minute a shard. */
const TIMEOUT = Duration.minutes(2);

export interface LedgerProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly database: Database;
}

/** Holds, every minute, what each task wrote against what its topic took. Decision 0012. */
export class Ledger extends Construct {
  readonly keeper: HandlerFunction;

  constructor(scope: Construct, id: string, props: LedgerProps) {
    super(scope, id);
    const { environment, tables, database } = props;
    this.keeper = new HandlerFunction(this, 'Keep', {
      environment,
      entry: 'fdi/keep-ledger',
      description: 'Holds what tasks wrote against what their topics took',
      timeout: TIMEOUT,
    });
    tables.grantCatalog(this.keeper, 'read');
    database.grant(this.keeper, 'causeway_fdi');
    grantAccounts(this.keeper);
    this.#schedule();
    new FaultAlarm(this, 'Errors', {
      environment,
      description: 'The ledger of at least one task is not kept: nobody would notice that messages are missing.',
      runbook: 'ledger-keeper',
      metric: this.keeper.function.metricErrors({ period: ALARM_PERIOD }),
      periods: 3,
    });
  }

  /** At the beginning of each minute, when the fewest records of it are to be counted. The next minute makes up for one that was missed. */
  #schedule(): void {
    const role = new Role(this, 'Clock', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.keeper.arn] }));
    const schedule = new CfnSchedule(this, 'Schedule', {
      scheduleExpression: 'cron(* * * * ? *)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.keeper.arn,
        roleArn: role.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
      },
    });
    schedule.node.addDependency(role);
  }
}

/** What accounts are made of, beside the topics, which their integrations open. */
export function grantAccounts(handler: HandlerFunction): void {
  handler
    .allow(['cloudwatch:GetMetricData'], ['*'], { because: 'Reading metrics knows no resource.' })
    .allow(['lambda:GetEventSourceMapping'], ['*'], {
      because:
        'A mapping that is gone has no function a condition could hold it to, and asking for it must answer that.',
    });
}
