import { Aws } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { statementFor } from './allowance.ts';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

/**
 * Every connection of the account that begins or ends, of clients named as ours are (`d` and 20 digits): what others connect costs no
 * invocation. `#` would not match topics that begin with `$`. D:iot/latest/developerguide/life-cycle-events
 */
const SQL =
  "SELECT * FROM '$aws/events/presence/+/+' " +
  "WHERE (eventType = 'connected' OR eventType = 'disconnected') AND startswith(clientId, 'd') AND length(clientId) = 21";
/** In the error store, beside the folders of products; no product id has a hyphen. */
const FAILED = 'presence-events';

export interface PresenceProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly errorStore: Bucket;
}

/** Whether each device is connected, and since when: from AWS IoT's life-cycle events into the device table. */
export class Presence extends Construct {
  constructor(scope: Construct, id: string, { environment, tables, errorStore }: PresenceProps) {
    super(scope, id);
    const record = new HandlerFunction(this, 'Record', {
      environment,
      entry: 'link/record-presence',
      description: 'Records which devices are connected',
      memory: 256,
    });
    tables.grantDevices(record, 'update');

    const keep = new Role(this, 'KeepFailed', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    keep.addToPolicy(
      statementFor(keep, {
        actions: ['s3:PutObject'],
        resources: [`${errorStore.bucketArn}/${FAILED}/*`],
        because: 'One object per event that could not be handed on, below a folder of its own.',
      }),
    );
    const rule = new CfnTopicRule(this, 'Rule', {
      topicRulePayload: {
        sql: SQL,
        awsIotSqlVersion: '2016-03-23',
        description: 'Devices that connect and disconnect',
        actions: [{ lambda: { functionArn: record.arn } }],
        errorAction: {
          s3: {
            bucketName: errorStore.bucketName,
            key: `${FAILED}/\${topic(5)}/\${timestamp()}-\${newuuid()}.json`,
            roleArn: keep.roleArn,
          },
        },
      },
    });
    rule.node.addDependency(keep);
    record.allowInvocation('Rule', 'iot.amazonaws.com', rule.attrArn);

    const description = 'Which devices are connected is not recorded: what is shown of it is out of date.';
    new FaultAlarm(this, 'Errors', {
      environment,
      description,
      runbook: 'presence',
      metric: record.function.metricErrors({ period: ALARM_PERIOD }),
    });
    new FaultAlarm(this, 'Failures', {
      environment,
      description,
      runbook: 'presence',
      metric: new Metric({
        namespace: 'AWS/IoT',
        metricName: 'Failure',
        dimensionsMap: { RuleName: rule.ref, ActionType: 'Lambda' },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
    });
  }
}
