import { Annotations, Duration, Lazy, Tags } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { ReaderView } from '../../core/mqs/envelope.ts';
import { checkFilterFields } from '../../core/mqs/mask-fields.ts';
import { checkPartitionKey, lostOrder, type PartitionKey } from '../../core/mqs/partition-key.ts';
import {
  allows,
  isTopicPermission,
  joined,
  TOPIC_PERMISSIONS,
  type TopicPermission,
} from '../../core/mqs/topic-permission.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import { Integration } from '../platform/integration.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkLength, checkName, checkWhole, invalid } from '../platform/setting.ts';
import { MaskedIntake } from './masked-intake.ts';

/** What Lambda needs of its function's role to poll for it. D:lambda/latest/dg/with-kinesis */
const READ = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
  'kinesis:ListStreams',
];

/** What writing to it past rules and APIs takes. */
const WRITE = ['kinesis:DescribeStreamSummary', 'kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'];

/** What looking at a topic and its messages takes. */
const VIEW = ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];

/** A topic as rules and tasks see it. */
export interface ITopic {
  readonly topicName: string;
  readonly stream: Stream;
  /** Who owns it, and needs no grant. */
  readonly app: IIntegrationApp;
  /** The most any app may do with it. */
  readonly permission: TopicPermission;
  readonly partitionKey: PartitionKey;
  /** Names of fields whose values are masked before anything is stored. */
  readonly filterFields: readonly string[];
  /** With filter fields: what devices' messages pass on their way into the topic. */
  readonly intake: MaskedIntake | undefined;
  /** What readers see of a message, by the switches of its forwarding rules. */
  readonly readerView: ReaderView;
  /** Used by `ForwardingRule`. @throws InvalidSetting when another rule of the topic has other switches */
  forwardedBy(rule: Construct, view: ReaderView): void;
  /** Lets another app publish to the topic, or read it, through its APIs. */
  grantTo(app: IIntegrationApp, permission?: TopicPermission): void;
  /** Lets a function or a principal of AWS read the topic's stream. */
  grantRead(grantee: IGrantable): Grant;
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
   * The most any app may do with the topic: what it is neither to publish nor to read, no API is made for and no app is granted.
   * @default 'publish+subscribe'
   */
  readonly permission?: TopicPermission;
  /**
   * What decides which partition a message goes to, and so what keeps its order: `device`, the device's id, or the key an app gives;
   * `{ field: 'plate' }`, a field of the payload, and the device's id where there is none; `{ spread: n }`, each device's messages over n
   * keys; `random`, each by itself. With the last two the messages of a device arrive in any order.
   * @default 'device'
   */
  readonly partitionKey?: PartitionKey;
  /**
   * Names of fields whose values are masked, at any depth of the payload, before anything is stored. Devices' messages then pass a function,
   * which costs an invocation each and keeps their order only nearly; payloads that are not JSON cannot be masked and are not kept.
   * @default - none
   */
  readonly filterFields?: readonly string[];
  /**
   * Labels of the stream, beside those of the environment.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
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
  readonly app: IIntegrationApp;
  readonly permission: TopicPermission;
  readonly partitionKey: PartitionKey;
  readonly filterFields: readonly string[];
  readonly intake: MaskedIntake | undefined;
  readonly #granted = new Map<string, TopicPermission>();
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
    this.app = props.app;
    this.permission = checkPermission(this, props.permission ?? 'publish+subscribe');
    this.partitionKey = checkPartitionKey(`${this.node.path}: partitionKey`, props.partitionKey ?? 'device');
    this.filterFields = checkFilterFields(`${this.node.path}: filterFields`, props.filterFields ?? []);
    checkVisible(this, this.partitionKey, this.filterFields);
    this.#warn();

    this.stream = new Stream(this, 'Stream', {
      ...(partitions === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: checkPartitions(this, partitions) }),
      retentionPeriod: checkRetention(this, props.retention ?? Duration.hours(72)),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: integration.settings.dataRemoval,
    });
    for (const [key, value] of Object.entries(props.tags ?? {})) {
      Tags.of(this.stream).add(key, value);
    }
    this.intake = this.filterFields.length === 0 ? undefined : new MaskedIntake(this, 'Intake', this);
    integration.allow('manageTopics', { actions: VIEW, resources: [this.stream.streamArn] });
    integration.catalog.add(this, 'topic', this.topicName, {
      stream: this.stream.streamName,
      app: props.app.appName,
      description,
      permission: this.permission,
      partitionKey: this.partitionKey,
      filterFields: this.filterFields,
      ...(props.tags !== undefined && { tags: props.tags }),
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

  /**
   * @param permission what it may do, in addition to what it was granted before
   * @throws InvalidSetting for what the topic's own `permission` does not hold
   */
  grantTo(app: IIntegrationApp, permission: TopicPermission = this.permission): void {
    checkPermission(this, permission, 'grantTo');
    this.#checkAllowed('grantTo', permission);
    if (app.appName === this.app.appName) {
      return;
    }
    if (this.#granted.size === 0) {
      this.#grants();
    }
    this.#granted.set(app.appName, joined(this.#granted.get(app.appName), permission) ?? permission);
  }

  grantRead(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: READ, resourceArns: [this.stream.streamArn] });
  }

  /**
   * Lets a principal of AWS write to the topic's stream. Whatever it writes is a message as it is, unless it writes the envelope.
   *
   * @throws InvalidSetting for a topic with filter fields, which it would write past
   */
  grantWrite(grantee: IGrantable): Grant {
    this.#checkAllowed('grantWrite', 'publish');
    if (this.filterFields.length > 0) {
      throw invalid(
        this,
        'grantWrite',
        'filterFields',
        'a topic without filter fields: what is written past the mask is not masked',
      );
    }

    return Grant.addToPrincipal({ grantee, actions: WRITE, resourceArns: [this.stream.streamArn] });
  }

  #checkAllowed(setting: string, wanted: TopicPermission): void {
    if (!allows(this.permission, wanted)) {
      throw invalid(this, setting, wanted, `what its permission holds: ${this.permission}`);
    }
  }

  #grants(): void {
    new ProvidedResource(this, 'Grants', {
      provider: Integration.of(this).platform.providers.topicGrants,
      kind: 'TopicGrants',
      properties: {
        Topic: this.topicName,
        Grants: Lazy.any({
          produce: () => [...this.#granted].map(([App, Permission]) => ({ App, Permission })),
        }),
      },
    });
  }

  #warn(): void {
    const order = lostOrder(this.partitionKey);
    if (order !== undefined) {
      Annotations.of(this).addWarningV2('causeway:topic-order', order);
    }
  }
}

/** A partition key is stored as it is, and shown in lists. */
function checkVisible(topic: Topic, key: PartitionKey, masked: readonly string[]): void {
  if (typeof key === 'object' && 'field' in key && key.field.split('.').some((name) => masked.includes(name))) {
    throw invalid(topic, 'partitionKey', key, 'a field that is not masked: a key is stored as it is');
  }
}

function checkPermission(topic: Topic, permission: TopicPermission, setting = 'permission'): TopicPermission {
  if (!isTopicPermission(permission)) {
    throw invalid(topic, setting, permission, TOPIC_PERMISSIONS.join(', '));
  }

  return permission;
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
