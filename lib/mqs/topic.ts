import { Duration } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { ReaderView } from '../../core/mqs/envelope.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { checkLength, checkName, checkWhole, invalid } from '../platform/setting.ts';

/** What Lambda needs of its function's role to poll for it. D:lambda/latest/dg/with-kinesis */
const READ = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
  'kinesis:ListStreams',
];

/** What looking at a topic and its messages takes. */
const VIEW = ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];

/** A topic as rules and tasks see it. */
export interface ITopic {
  readonly topicName: string;
  readonly stream: Stream;
  /** What readers see of a message, by the switches of its forwarding rules. */
  readonly readerView: ReaderView;
  /** Used by `ForwardingRule`. @throws InvalidSetting when another rule of the topic has other switches */
  forwardedBy(rule: Construct, view: ReaderView): void;
  /** Lets a function be fed from the topic. */
  grantRead(handler: HandlerFunction): void;
}

export interface TopicProps {
  /** Who owns it. */
  readonly app: IIntegrationApp;
  /**
   * 3 to 128 letters, digits, `_`, `.` or `-`.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * How many shards share the messages, 1 to 100: each takes 1,000 messages or 1 MB a second. `on-demand` scales by itself, at a higher
   * price per message.
   * @default 3
   */
  readonly partitions?: number | 'on-demand';
  /**
   * How long messages are kept, 24 to 8,760 hours.
   * @default Duration.hours(72)
   */
  readonly retention?: Duration;
  /**
   * For people who look at the topic, up to 1,000 characters.
   * @default - none
   */
  readonly description?: string;
}

/** A topic: messages in order per partition key, kept for a time, read by any number of consumers. A Kinesis stream. */
export class Topic extends Construct implements ITopic {
  readonly topicName: string;
  readonly stream: Stream;
  #rule: { readonly path: string; readonly view: ReaderView } | undefined;

  constructor(scope: Construct, id: string, props: TopicProps) {
    super(scope, id);
    const integration = Integration.of(this);
    const partitions = props.partitions ?? 3;
    this.topicName = checkName(
      this,
      'name',
      props.name ?? id,
      /^[\w.-]{3,128}$/,
      '3 to 128 letters, digits, `_`, `.` or `-`',
    );
    const description = checkLength(this, 'description', props.description ?? '', 1000);

    this.stream = new Stream(this, 'Stream', {
      ...(partitions === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: checkPartitions(this, partitions) }),
      retentionPeriod: checkRetention(this, props.retention ?? Duration.hours(72)),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: integration.settings.dataRemoval,
    });
    integration.allow('manageTopics', { actions: VIEW, resources: [this.stream.streamArn] });
    integration.catalog.add(this, 'topic', this.topicName, {
      stream: this.stream.streamName,
      app: props.app.appName,
      description,
    });
  }

  get readerView(): ReaderView {
    return this.#rule?.view ?? { base64: false, deviceInfo: true };
  }

  forwardedBy(rule: Construct, view: ReaderView): void {
    const { path, view: other } = this.#rule ?? { path: rule.node.path, view };
    if (other.base64 !== view.base64 || other.deviceInfo !== view.deviceInfo) {
      throw invalid(
        rule,
        'base64 and deviceInfo',
        view,
        `those of ${path}, which forwards to the same topic: ${JSON.stringify(other)}`,
      );
    }
    this.#rule = { path, view };
  }

  grantRead(handler: HandlerFunction): void {
    handler.allow(READ, [this.stream.streamArn]);
  }
}

function checkPartitions(topic: Topic, partitions: number): number {
  return checkWhole(topic, 'partitions', partitions, { min: 1, max: 100 });
}

function checkRetention(topic: Topic, retention: Duration): Duration {
  if (retention.isUnresolved()) {
    return retention;
  }
  const hours = retention.toHours({ integral: false });
  if (hours < 24) {
    throw invalid(topic, 'retention', `${hours} hours`, '24 to 8760 hours (Kinesis keeps messages for at least a day)');
  }
  if (hours > 8760 || !Number.isInteger(hours)) {
    throw invalid(topic, 'retention', `${hours} hours`, '24 to 8760 whole hours');
  }
  return retention;
}
