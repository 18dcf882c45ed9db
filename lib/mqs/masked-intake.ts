import { Duration } from 'aws-cdk-lib';
import type { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { PartitionKey } from '../../core/mqs/partition-key.ts';
import { ALARM_PERIOD, FaultAlarm } from '../platform/fault-alarm.ts';
import { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';

export interface MaskedTopic {
  readonly topicName: string;
  readonly stream: Stream;
  readonly partitionKey: PartitionKey;
  readonly filterFields: readonly string[];
}

/**
 * What devices' messages pass on their way into a topic with filter fields: a rule of AWS IoT can write into a stream, but not change what is
 * within a payload. One invocation a message.
 */
export class MaskedIntake extends Construct {
  readonly handler: HandlerFunction;

  constructor(scope: Construct, id: string, { topicName, stream, partitionKey, filterFields }: MaskedTopic) {
    super(scope, id);
    const { settings, platform } = Integration.of(this);
    this.handler = new HandlerFunction(this, 'Mask', {
      environment: settings,
      entry: 'mqs/mask-messages',
      description: `Masks what devices send into ${topicName}`,
      memory: 256,
      timeout: Duration.seconds(29),
      files: { 'topic.json': () => ({ topic: topicName, partitionKey, filterFields }) },
    })
      .variable('TOPIC_STREAM', stream.streamName)
      .variable('ERROR_STORE', platform.errorStore.bucketName)
      .allow(['kinesis:PutRecords'], [stream.streamArn]);
    new FaultAlarm(this, 'Errors', {
      environment: settings,
      description: `Messages of devices are neither masked into ${topicName} nor kept in the error store: they are tried again for six hours at most.`,
      runbook: 'lost-messages',
      metric: this.handler.function.metricErrors({ period: ALARM_PERIOD }),
    });
  }

  /** Used by a rule: lets it hand messages over, and the function keep those that get no further. */
  feedFrom(rule: CfnTopicRule, productId: string): void {
    this.handler.allowInvocation(`Rule-${rule.node.addr}`, 'iot.amazonaws.com', rule.attrArn);
    this.handler.allow(['s3:PutObject'], [`${Integration.of(this).platform.errorStoreArn}/${productId}/*`], {
      because: 'One object per message that could not be forwarded, below the product of the rule.',
    });
  }
}
