import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { ITopic } from '../mqs/topic.ts';
import type { TaskSourceProps } from '../platform/declared-source.ts';
import type { HandlerParts } from '../platform/handler-code.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import type { Integration } from '../platform/integration.ts';

/** How a task is fed: what a topic of ours and a topic of Kafka do differently. */
export interface TaskFeed {
  /** What is read: the end of the names of the consumers' files below `functions/`. */
  readonly reads: 'topic' | 'kafka';
  /** What the consumer is told beside the task. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** The stream's ARN, or what the catalogue calls a Kafka topic. */
  readonly source: string;
  /** How it is tested, and known to people. */
  readonly tested: Pick<Required<TaskSourceProps>, 'is' | 'feed'>;
  /** Code beside the consumer's that testing it needs. */
  readonly parts?: HandlerParts;
  /** What the task's custom resource is told beside the task. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** With enhanced fan-out: what the topic pushes to. */
  readonly fanOut?: StreamConsumer;
  /** Lets the consumer be fed. */
  grant(consumer: HandlerFunction): void;
  /** What the platform may do with the source. */
  allow(integration: Integration): void;
  /** Tells that the task falls behind. */
  backlog(consumer: HandlerFunction): { readonly metric: Metric; readonly above: number; readonly description: string };
}

/** Over which a backlog is looked at. */
export const BACKLOG_PERIOD = Duration.minutes(1);
/** What Lambda needs of its function's role to be pushed to. D:lambda/latest/dg/services-kinesis-create */
const SUBSCRIBE = ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'];
/** What finding the place of a task in its topic takes. */
const READ_ON = ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];
const COUNT = ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];

export interface StreamFeedProps {
  /** The task's name; a registered consumer is named as its task: both are unique in a topic's environment. */
  readonly taskName: string;
  readonly enhancedFanOut: boolean;
  /** The age of the oldest unwritten message that raises the alarm. */
  readonly alarmAge: Duration;
}

/** @param task below which the registered consumer stands */
export function streamFeed(task: Construct, topic: ITopic, props: StreamFeedProps): TaskFeed {
  const { taskName, alarmAge } = props;
  const { stream } = topic;
  const fanOut = props.enhancedFanOut
    ? new StreamConsumer(task, 'FanOut', { stream, streamConsumerName: taskName })
    : undefined;

  return {
    reads: 'topic',
    definition: {},
    source: stream.streamArn,
    tested: { is: { kind: 'topic', place: topic.topicName }, feed: { streamArn: stream.streamArn } },
    properties: { StreamArn: stream.streamArn, ...(fanOut && { ConsumerArn: fanOut.streamConsumerArn }) },
    ...(fanOut && { fanOut }),
    grant(consumer) {
      topic.grantRead(consumer);
      if (fanOut !== undefined) {
        consumer.allow(SUBSCRIBE, [fanOut.streamConsumerArn]);
      }
    },
    allow(integration) {
      const resources = [stream.streamArn];
      integration.allow('keepLedger', { actions: COUNT, resources });
      integration.allow('manageConsumers', { actions: READ_ON, resources });
      integration.allow('resetTask', { actions: READ_ON, resources });
      integration.allow('manageLedger', { actions: ['kinesis:DescribeStreamSummary'], resources });
      // To find the first message that is not written, when the mapping becomes another one.
      integration.allow('provisionTask', { actions: READ_ON, resources });
    },
    backlog: ({ function: consumer }) => ({
      metric: consumer.metric('IteratorAge', { statistic: 'Maximum', period: BACKLOG_PERIOD }),
      above: alarmAge.toMilliseconds(),
      description: `its oldest unwritten message is older than ${alarmAge.toHumanString()}`,
    }),
  };
}
