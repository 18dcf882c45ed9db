import { Aws } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { statementFor } from './allowance.ts';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import type { HandlerFunction } from './handler-function.ts';

export interface BrokerRuleProps {
  readonly environment: Environment;
  readonly sql: string;
  readonly description: string;
  readonly handler: HandlerFunction;
  readonly errorStore: Bucket;
  /** In the error store, beside the folders of products: a name with a hyphen, which no product id has. */
  readonly folder: string;
  /** Whose it was, a template of the rule: the folder below. */
  readonly client: string;
  /** What is wrong when the handler fails, or is not reached. */
  readonly fault: string;
  readonly runbook: string;
}

/**
 * A rule of the message broker that calls a function of the platform for every message. What cannot be handed on is in the error store, and an
 * alarm tells of it.
 */
export function brokerRule(scope: Construct, props: BrokerRuleProps): void {
  const { environment, handler, errorStore, folder, fault: description, runbook } = props;
  const keep = new Role(scope, 'KeepFailed', {
    assumedBy: new ServicePrincipal('iot.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  keep.addToPolicy(
    statementFor(keep, {
      actions: ['s3:PutObject'],
      resources: [`${errorStore.bucketArn}/${folder}/*`],
      because: 'One object per event that could not be handed on, below a folder of its own.',
    }),
  );
  const rule = new CfnTopicRule(scope, 'Rule', {
    topicRulePayload: {
      sql: props.sql,
      awsIotSqlVersion: '2016-03-23',
      description: props.description,
      actions: [{ lambda: { functionArn: handler.arn } }],
      errorAction: {
        s3: {
          bucketName: errorStore.bucketName,
          key: `${folder}/${props.client}/\${timestamp()}-\${newuuid()}.json`,
          roleArn: keep.roleArn,
        },
      },
    },
  });
  rule.node.addDependency(keep);
  handler.allowInvocation('Rule', 'iot.amazonaws.com', rule.attrArn);

  new FaultAlarm(scope, 'Errors', {
    environment,
    description,
    runbook,
    metric: handler.function.metricErrors({ period: ALARM_PERIOD }),
  });
  new FaultAlarm(scope, 'Failures', {
    environment,
    description,
    runbook,
    metric: new Metric({
      namespace: 'AWS/IoT',
      metricName: 'Failure',
      dimensionsMap: { RuleName: rule.ref, ActionType: 'Lambda' },
      statistic: 'Sum',
      period: ALARM_PERIOD,
    }),
  });
}
