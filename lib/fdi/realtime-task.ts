import { createHash } from 'node:crypto';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { Construct, type IDependable } from 'constructs';
import { checkExpressions } from '../../core/fdi/expression.ts';
import { checkRealtimeTask, goesElsewhere, isOutletTask, type RealtimeDefinition } from '../../core/fdi/feed-task.ts';
import { canBeUndone } from '../../core/fdi/rollback-target.ts';
import { isUndone as isUndoneThere } from '../../core/fdi/run-destination.ts';
import type { ColumnMapping, DataType, MetadataType, TopicTask } from '../../core/fdi/topic-task.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import type { ITopic } from '../mqs/topic.ts';
import { ALARM_PERIOD, FaultAlarm } from '../platform/fault-alarm.ts';
import { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkWhole, invalid } from '../platform/setting.ts';
import { ImageClock } from './image-clock.ts';
import { KafkaTopic } from './kafka-topic.ts';
import { languageParts } from './language-parts.ts';
import {
  declareSides,
  isElsewhere,
  type RealtimeTargetProps,
  realtimeTarget,
  targetAuthorities,
  targetParts,
  targetText,
} from './realtime-target.ts';
import { joinTarget } from './scheduled-target.ts';
import { streamFeed, type TaskFeed } from './task-feed.ts';

export interface TaskSourceProps {
  /** A topic of ours, or one of a Kafka cluster: `cluster.topic('orders')`. */
  readonly topic: ITopic | KafkaTopic;
  /**
   * The fields to read, by the alias the mapping knows them by: `{ DeviceId: 'data.deviceId' }` reads text; give `{ path, type }` for
   * another type.
   */
  readonly fields: Readonly<Record<string, string | { readonly path: string; readonly type: MetadataType }>>;
  /**
   * Whether messages are read as JSON; `false` passes each through whole, as the one field `$`.
   * @default true
   */
  readonly parse?: boolean;
  /**
   * What messages are read as. Of XML, paths begin at the root element: `order.lines.line[0].@sku`, an attribute with `@` before its name,
   * the text of an element that has more than text as `#text`.
   * @default 'JSON'
   */
  readonly dataType?: DataType;
  /**
   * Paths begin at this field.
   * @default - at the whole message
   */
  readonly rootField?: string;
  /**
   * How times without an offset are read.
   * @default 'GMT+8'
   */
  readonly timeZone?: string;
  /**
   * Where reading begins at the very first start: with the oldest message kept, or with what arrives from then on.
   * @default 'earliest'
   */
  readonly from?: 'earliest' | 'latest';
}

export interface RealtimeTaskProps {
  /** Who owns it. */
  readonly app: IIntegrationApp;
  readonly source: TaskSourceProps;
  /** A table of the platform's database, or of another: `{ database: { url, user, password }, table: 'orders', … }`; a topic: `{ topic }`; an API: `{ http }`; a Redis: `{ redis }`; a collection: `{ mongodb }`. */
  readonly target: RealtimeTargetProps;
  /**
   * 3 to 100 letters, digits, `_`, `.` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Which alias, constant or JSONata expression goes into which column: `{ column: 'Price', expression: 'data.price * data.count' }`.
   * `by-name`: aliases and columns that are equal without regard to case and `_`.
   * @default 'by-name'
   */
  readonly mapping?: 'by-name' | readonly ColumnMapping[];
  /**
   * `effectively-once`: a batch that is repeated after a crash leaves the same rows. Only databases can promise it.
   * @default 'effectively-once' into a table or a collection, else 'at-least-once'
   */
  readonly delivery?: TopicTask['delivery'];
  /**
   * Whether it runs from its creation on. Later deployments never start or stop a task.
   * @default false
   */
  readonly started?: boolean;
  /**
   * The most messages written at once, 1 to 10,000.
   * @default 1000
   */
  readonly batchSize?: number;
  /**
   * How long messages are collected for a batch, 0 to 300 s, after the stream has been asked for them (once a second), or has brought them.
   * @default Duration.seconds(0)
   */
  readonly batchingWindow?: Duration;
  /**
   * How many batches of each shard are written at once, 1 to 10; of a topic of ours only. Messages of one partition key (one device) keep
   * their order, those of different ones do not. Above 1 a position is kept per partition key, which about halves what one lane writes: use it
   * where a shard's messages wait for something other than the database's processor. A task that has had several lanes keeps positions per key
   * until it is reset.
   * @default 1
   */
  readonly parallelization?: number;
  /**
   * Whether messages are pushed to the task as they arrive, over a connection of its own to each shard (2 MB/s), in place of being asked for
   * once a second together with the topic's other readers. Costs a consumer-shard's hours and the bytes it reads; switching it loses nothing
   * and writes nothing twice. Of a topic of ours only.
   * @default false
   */
  readonly enhancedFanOut?: boolean;
  /**
   * The age of the oldest unwritten message that raises the alarm; of a topic of ours only.
   * @default Duration.minutes(5)
   */
  readonly alarmAge?: Duration;
  /**
   * How many unwritten records of a partition raise the alarm; of a Kafka topic only, where Lambda measures no age.
   * @default 10,000
   */
  readonly alarmLag?: number;
}

/** What one batch of 6 MB, its rows as JSON and the statement need at once. */
const CONSUMER_MB = 1024;
const EVENT_SOURCES = [
  'lambda:CreateEventSourceMapping',
  'lambda:UpdateEventSourceMapping',
  'lambda:DeleteEventSourceMapping',
];

/** Writes the messages of a topic, of ours or of Kafka, into a table, as they come. */
export class RealtimeTask extends Construct {
  readonly taskName: string;
  readonly consumer: HandlerFunction;
  /** With enhanced fan-out: what the topic pushes to. */
  readonly fanOut: StreamConsumer | undefined;
  readonly #props: RealtimeTaskProps;

  /** @throws InvalidSetting for a task that cannot work whatever its table looks like; the rest is refused at deployment */
  constructor(scope: Construct, id: string, props: RealtimeTaskProps) {
    super(scope, id);
    const integration = Integration.of(this);
    const { target } = props;
    const { topic } = props.source;
    this.taskName = props.name ?? id;
    this.#props = props;
    const drivers = targetParts(this, target);
    checkRealtimeTask(this.definition(), this.node.path);
    checkExpressions(this.definition(), this.node.path);
    const feed = this.#feedOf(topic, integration);
    this.fanOut = feed.fanOut;

    this.consumer = new HandlerFunction(this, 'Consumer', {
      environment: integration.settings,
      // The platform's database is written without a driver, by a function of its own.
      entry: `fdi/${isElsewhere(target) ? 'deliver' : 'consume'}-${feed.reads}`,
      description: `Writes ${topic.topicName} into ${this.#targetText}`,
      memory: CONSUMER_MB,
      timeout: Duration.seconds(60),
      parts: { ...languageParts(this.definition()), ...drivers, ...feed.parts },
      files: {
        'definitions.json': () => ({ ...this.definition(), ...feed.definition }),
        ...(isElsewhere(target) && { 'authorities.json': () => targetAuthorities(target) }),
      },
    });
    feed.grant(this.consumer);
    integration.databaseFor(this).grant(this.consumer, 'causeway_fdi');
    if (isElsewhere(target)) {
      joinTarget(this, { task: this.taskName, app: props.app, runner: this.consumer, target });
    }
    declareSides(this, { task: this.taskName, consumer: this.consumer, target, topic: topic.topicName, feed });
    if (feed.reads === 'topic') {
      // Messages are judged by their products' models, which change without the task; those of Kafka are of no product.
      integration.platform.tables.grantCatalog(this.consumer, 'get');
    }
    integration.allow('manageLogs', {
      actions: ['logs:FilterLogEvents'],
      resources: [this.consumer.logGroup.logGroupArn],
      because: 'The ARN of a log group ends in a star, which stands for its streams.',
    });
    // What it had to quarantine is replayed by itself: nobody else knows how its messages become rows.
    integration.allow('replayRejected', { actions: ['lambda:InvokeFunction'], resources: [this.consumer.arn] });
    const definition = this.definition();
    const isUndone = goesElsewhere(definition) ? isUndoneThere(definition.target) : canBeUndone(definition.target);
    if (isUndone) {
      integration.allow('rollbackBatches', { actions: ['lambda:InvokeFunction'], resources: [this.consumer.arn] });
    }
    if ('rollback' in target && target.rollback !== undefined) {
      new ImageClock(this, 'Images', this.consumer);
    }
    feed.allow(integration);
    this.#task(integration, feed);
    this.#alarms(integration, feed);
    integration.catalog.add(this, 'task', this.taskName, {
      app: props.app.appName,
      functionArn: this.consumer.arn,
      logGroup: this.consumer.logGroup.logGroupName,
      streamArn: feed.source,
      topic: topic.topicName,
      table: this.#targetText,
      started: props.started ?? false,
      eventTimeColumn: isElsewhere(target) ? undefined : target.eventTimeColumn,
      writtenAtColumn: isElsewhere(target) ? undefined : target.writtenAtColumn,
      delivery: isOutletTask(definition) ? definition.delivery : props.delivery,
      ...(isUndone && { rollback: true }),
    });
  }

  get #targetText(): string {
    return targetText(this.definition().target);
  }

  /** What the consumer is told. The topic's switches are known only when its rules are. */
  definition(): RealtimeDefinition {
    const { app, source, target: props, mapping = 'by-name', delivery, parallelization = 1 } = this.#props;
    const target = realtimeTarget(props, app);
    const isTransacted = !('kind' in target) || target.kind === 'database' || target.kind === 'mongodb';
    const promised = isTransacted ? 'effectively-once' : 'at-least-once';
    const metadata = Object.entries(source.fields).map(([alias, field]) => ({
      alias,
      ...(typeof field === 'string'
        ? { path: field, type: 'string' as const }
        : { path: field.path, type: field.type }),
    }));

    return {
      name: this.taskName,
      source: {
        topic: source.topic.topicName,
        parse: source.parse ?? true,
        dataType: source.dataType ?? 'JSON',
        ...(source.rootField !== undefined && { rootField: source.rootField }),
        timeZone: source.timeZone ?? 'GMT+8',
        ...source.topic.readerView,
        metadata,
      },
      target,
      mapping,
      delivery: delivery ?? promised,
      ...(parallelization !== 1 && { parallelization }),
    } as RealtimeDefinition;
  }

  #feedOf(topic: ITopic | KafkaTopic, integration: Integration): TaskFeed {
    const { enhancedFanOut = false, alarmAge, alarmLag, parallelization } = this.#props;
    const { taskName } = this;
    const { target } = this.#props;
    if ('topic' in target && target.topic.topicName === topic.topicName && !(topic instanceof KafkaTopic)) {
      throw invalid(
        this,
        'target.topic',
        topic.topicName,
        'another topic than the one that is read: its messages would go round for ever',
      );
    }
    if (topic instanceof KafkaTopic) {
      const stranger = enhancedFanOut ? { enhancedFanOut } : { alarmAge, parallelization };
      for (const [setting, value] of Object.entries(stranger).filter(([, given]) => given !== undefined)) {
        throw invalid(this, setting, value, `nothing: ${topic.topicName} is a topic of Kafka, which has no such thing`);
      }

      return topic.feed({ environment: integration.settings.name, task: taskName, alarmLag: alarmLag ?? 10_000 });
    }
    if (alarmLag !== undefined) {
      throw invalid(this, 'alarmLag', alarmLag, 'nothing: it is of Kafka topics; alarmAge is what a topic of ours has');
    }

    return streamFeed(this, topic, { taskName, enhancedFanOut, alarmAge: alarmAge ?? Duration.minutes(5) });
  }

  #task(integration: Integration, feed: TaskFeed): void {
    const { source, target, started = false, batchSize = 1000, batchingWindow = Duration.seconds(0) } = this.#props;
    const { from = 'earliest' } = source;
    if (from !== 'earliest' && from !== 'latest') {
      throw invalid(this, 'source.from', from, '`earliest` or `latest`');
    }
    const task = new ProvidedResource(this, 'Task', {
      provider: integration.platform.functionOf('provisionTask'),
      kind: 'Task',
      properties: {
        Task: this.taskName,
        FunctionArn: this.consumer.arn,
        ...feed.properties,
        StartingPosition: from,
        BatchSize: checkWhole(this, 'batchSize', batchSize, { min: 1, max: 10_000 }),
        BatchingWindowSeconds: checkWhole(this, 'batchingWindow', batchingWindow.toSeconds(), {
          min: 0,
          max: 300,
          unit: 'seconds',
        }),
        Started: started,
        Definition: Lazy.string({ produce: () => JSON.stringify(this.#checkedDefinition()) }),
      },
    });
    task.node.addDependency(
      isElsewhere(target) ? this.#check() : target.table.ready,
      integration.catalog.resource,
      this.#allow(integration, 'provisionTask'),
      this.#allow(integration, 'manageTasks'),
    );
    this.#allow(integration, 'resetTask');
    for (const role of ['provisionTask', 'resetTask'] as const) {
      integration.allow(role, { actions: ['lambda:CreateAlias'], resources: [this.consumer.arn] });
    }
  }

  /** Only the consumer knows the target: it refuses what that cannot take before the task is connected. */
  #check(): IDependable {
    const definition = () => JSON.stringify(this.#checkedDefinition());

    return new ProvidedResource(this, 'Check', {
      provider: this.consumer,
      kind: 'TargetCheck',
      properties: {
        Hash: Lazy.string({ produce: () => createHash('sha256').update(definition()).digest('hex').slice(0, 16) }),
      },
    });
  }

  #allow(integration: Integration, role: 'provisionTask' | 'manageTasks' | 'resetTask'): IDependable {
    return integration.allow(role, {
      actions: EVENT_SOURCES,
      resources: ['*'],
      because: 'The id of an event source mapping is known once it exists; the condition holds it to the one consumer.',
      // Behind the colon: the name that a task which was reset is invoked by.
      conditions: { StringLike: { 'lambda:FunctionArn': [this.consumer.arn, `${this.consumer.arn}:epoch-*`] } },
    });
  }

  #checkedDefinition(): RealtimeDefinition {
    const definition = this.definition();
    checkRealtimeTask(definition, this.node.path);

    return definition;
  }

  #alarms(integration: Integration, feed: TaskFeed): void {
    const environment = integration.settings;
    const { function: consumer } = this.consumer;
    const { metric, above, description } = feed.backlog(this.consumer);
    new FaultAlarm(this, 'Backlog', {
      environment,
      description: `${this.taskName} falls behind: ${description}.`,
      runbook: 'backlog',
      metric,
      above,
      periods: 3,
    });
    new FaultAlarm(this, 'Errors', {
      environment,
      description: `The consumer of ${this.taskName} dies: its messages wait.`,
      runbook: 'consumer-errors',
      metric: consumer.metricErrors({ period: ALARM_PERIOD }),
    });
    const measured = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'Causeway',
        metricName,
        dimensionsMap: { Environment: environment.name, Task: this.taskName },
        statistic,
        period: ALARM_PERIOD,
      });
    new FaultAlarm(this, 'Ledger', {
      environment,
      description: `What ${this.taskName} wrote and what its topic took for it do not add up: messages are lost or written twice.`,
      runbook: 'ledger',
      metric: measured('LedgerDifference', 'Maximum'),
    });
    new FaultAlarm(this, 'Dead', {
      environment,
      description: `${this.taskName} is started and does nothing: its messages wait until retention takes them.`,
      runbook: 'dead-task',
      metric: measured('DeadTask', 'Minimum'),
    });
  }
}
