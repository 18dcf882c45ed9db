import { Annotations, Fn, Stack } from 'aws-cdk-lib';
import { type KafkaFeed, kafkaSourceName } from '../../core/fdi/kafka-feed.ts';
import type { KafkaTask } from '../../core/fdi/kafka-record.ts';
import { pollersPrice } from '../../core/platform/idle-price.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkName, checkWhole, invalid } from '../platform/setting.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { BACKLOG_PERIOD, type TaskFeed } from './task-feed.ts';

export interface KafkaTopicOptions {
  /**
   * Lambda's pollers. Provisioned ones know answers for a part of a batch, start at once and need no endpoints in the VPC; they cost while
   * they wait. `on-demand`: free, slower to scale, and a batch that is not written comes again as a whole.
   * @default { min: 1, max: 10 }, at most as many as the topic has partitions
   */
  readonly pollers?: { readonly min?: number; readonly max?: number } | 'on-demand';
  /**
   * How the consumer groups of its tasks begin; brokers that guard groups have to allow them by this prefix.
   * @default 'causeway'
   */
  readonly groupPrefix?: string;
  /**
   * Whether its offsets may have gaps: it is compacted, or written in transactions (Kafka Streams, Connect with exactly-once). Without gaps, an
   * offset that is passed without a record is one that was lost, and an alarm says so.
   * @default false
   */
  readonly gaps?: boolean;
}

/** 249 characters are Kafka's limit; with the partition behind it, a position's name has 128. */
const NAME = /^[A-Za-z0-9._-]{1,117}$/;
/** What reading takes, in a cluster that knows its readers by their roles. D:lambda/latest/dg/with-msk-permissions */
const READ = ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'];
const JOIN = ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'];
const CONNECT = ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'];

export interface KafkaFeedProps {
  readonly environment: string;
  readonly task: string;
  /** Records behind the newest that raise the alarm. */
  readonly alarmLag: number;
}

/** A topic of a Kafka cluster, as a task reads it: `source: { topic: cluster.topic('rows'), … }`. */
export class KafkaTopic {
  readonly cluster: KafkaCluster;
  readonly topicName: string;
  /** A record's value is the message; nothing stands around it. */
  readonly readerView = { base64: false, deviceInfo: false } as const;
  readonly #options: KafkaTopicOptions;

  constructor(cluster: KafkaCluster, topicName: string, options: KafkaTopicOptions) {
    this.cluster = cluster;
    this.topicName = checkName(cluster, 'topic', topicName, NAME, '1 to 117 letters, digits, `.`, `_` or `-`');
    this.#options = options;
    checkName(cluster, 'groupPrefix', this.#prefix, /^[\w.-]{1,60}$/, '1 to 60 letters, digits, `.`, `_` or `-`');
    if (this.sourceName.length > 128) {
      throw invalid(cluster, 'topic', topicName, 'a name that is shorter: with its cluster 121 characters at most');
    }
    this.#pollers();
  }

  /** What the catalogue and the ledger call it. */
  get sourceName(): string {
    return kafkaSourceName(this.cluster.clusterName, this.topicName);
  }

  /** How a task is fed from the topic. @param alarmLag records behind the newest that raise the alarm */
  feed({ environment, task, alarmLag }: KafkaFeedProps): TaskFeed {
    const feed = this.#feed(environment, task);
    if (feed.pollers !== undefined) {
      const price = pollersPrice(feed.pollers.min).toFixed(0);
      Annotations.of(this.cluster).addInfo(
        `${task}: its provisioned pollers cost about $${price} a month while idle; pollers: 'on-demand' cost nothing then`,
      );
    }

    return {
      reads: 'kafka',
      definition: { answers: feed.pollers === undefined ? 'batches' : 'parts' } satisfies Pick<KafkaTask, 'answers'>,
      source: this.sourceName,
      tested: {
        is: { kind: 'kafka', place: `${this.topicName} of ${this.cluster.clusterName}` },
        feed: { kafka: feed },
      },
      parts: { 'drivers/kafka.mjs': { entry: 'drivers/kafka' } },
      properties: { StreamArn: this.sourceName, Kafka: Stack.of(this.cluster).toJsonString(feed) },
      grant: (consumer) => this.#grantRead(consumer),
      allow: () => undefined,
      backlog: ({ function: consumer }) => ({
        metric: consumer.metric('OffsetLag', { statistic: 'Maximum', period: BACKLOG_PERIOD }),
        above: checkWhole(this.cluster, 'alarmLag', alarmLag, {
          min: 1,
          max: Number.MAX_SAFE_INTEGER,
          unit: 'records',
        }),
        description: `a partition has more than ${alarmLag} records that are not written`,
      }),
    };
  }

  #feed(environment: string, task: string): KafkaFeed {
    const { brokers, mskArn, access } = this.cluster;
    const pollers = this.#pollers();

    return {
      topic: this.topicName,
      ...(mskArn === undefined ? { brokers: [...(brokers ?? [])] } : { clusterArn: mskArn }),
      access,
      group: `${this.#prefix}.${environment}.${task}`,
      ...(pollers && { pollers }),
      ...(this.#options.gaps === true && { gaps: true as const }),
    };
  }

  #grantRead(consumer: HandlerFunction): void {
    const { cluster, topicName } = this;
    cluster.grantConnect(consumer);
    if (cluster.mskArn === undefined || !cluster.byRole) {
      return;
    }
    const [start = '', name = ''] = [0, 1].map((at) => Fn.select(at, Fn.split(':cluster/', cluster.mskArn as string)));
    consumer.allow(CONNECT, [cluster.mskArn]);
    consumer.allow(READ, [`${start}:topic/${name}/${topicName}`]);
    consumer.allow(JOIN, [`${start}:group/${name}/${this.#prefix}.*`], {
      because: 'A task that is set back reads on in a group of another name with the same beginning.',
    });
  }

  get #prefix(): string {
    return this.#options.groupPrefix ?? 'causeway';
  }

  #pollers(): { readonly min: number; readonly max: number } | undefined {
    const { pollers = {} } = this.#options;
    if (pollers === 'on-demand') {
      return undefined;
    }
    const { min = 1, max = Math.max(10, min) } = pollers;
    checkWhole(this.cluster, 'pollers.min', min, { min: 1, max: 200 });
    checkWhole(this.cluster, 'pollers.max', max, { min, max: 2000 });

    return { min, max };
  }
}
