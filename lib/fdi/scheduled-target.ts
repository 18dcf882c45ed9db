import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DatabaseTarget, RunDestination } from '../../core/fdi/run-destination.ts';
import { allows } from '../../core/mqs/topic-permission.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import type { ITopic } from '../mqs/topic.ts';
import { declareTaskSource, type TaskSourceProps } from '../platform/declared-source.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid } from '../platform/setting.ts';
import { checkMongo, type DatabaseLoginProps, type DriverKind, databaseKinds, giveLogin } from './database-login.ts';
import { authFacts, authorityFacts } from './http-auth.ts';
import { type HttpTargetProps, httpTargetOf, joinHttpTarget } from './http-target.ts';
import type { ITable } from './migrations.ts';
import { type MongoTargetProps, mongoTargetOf } from './mongo-target.ts';
import { checkTargetRedis, type RedisTargetProps, redisTargetOf } from './redis-target.ts';
import { nameOf, platformTable } from './scheduled-source.ts';

/** Where records go: a table, a topic, an API, a Redis, or a collection of a MongoDB. */
export type ScheduledTargetProps =
  | TableTargetProps
  | TopicTargetProps
  | HttpTargetProps
  | RedisTargetProps
  | MongoTargetProps;

export interface TableTargetProps extends Pick<DatabaseTarget, 'write' | 'eventTimeColumn' | 'batchNumberColumn'> {
  /**
   * The database.
   * @default - the platform's own
   */
  readonly database?: DatabaseLoginProps;
  /** Of the platform's database, or by its name in another. */
  readonly table: ITable | string;
  /**
   * The columns that tell rows apart; with upsert they must be a unique key.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * Whether rows that are there as they are stay untouched, whatever is read: their batch number, and what triggers and `ON UPDATE` would change.
   * @default false: only what is read again is compared
   */
  readonly onlyChanged?: boolean;
  /**
   * How long it is kept what rows were before a batch changed or deleted them, so that `causeway task rollback` can undo it: 1 minute to 90 days.
   * Beside the rows, in the target's own database. What only inserts needs none: its batches are undone by their numbers, whenever.
   * @default - nothing is kept, and nothing that was changed or deleted can be undone
   */
  readonly rollback?: Duration;
}

/** Each record becomes a message: an object of what is mapped. */
export interface TopicTargetProps {
  /** The task's app is granted to publish, unless it is the topic's own. */
  readonly topic: ITopic;
  /**
   * Names of the mapping whose values are the message's key: messages of one key stay in order.
   * @default - the key of the source's record
   */
  readonly keys?: readonly string[];
  /**
   * The name of the mapping that says when it happened.
   * @default - the time of sending
   */
  readonly eventTimeColumn?: string;
}

/** What the runner is told of a target. @param app whose task it is */
export function targetOf(props: ScheduledTargetProps, app: IIntegrationApp): RunDestination {
  if ('topic' in props) {
    const { topic, keys = [], eventTimeColumn } = props;
    const { topicName, partitionKey, filterFields } = topic;

    return {
      ...{ kind: 'topic', topic: topicName, app: app.appName, partitionKey, filterFields, keys },
      ...(eventTimeColumn !== undefined && { eventTimeColumn }),
    };
  }
  if ('http' in props) {
    return httpTargetOf(props);
  }
  if ('redis' in props) {
    return redisTargetOf(props);
  }
  if ('mongodb' in props) {
    return mongoTargetOf(props);
  }
  const { database, table, keys = [], onlyChanged = false, rollback, ...rest } = props;

  return {
    kind: 'database',
    place: database === undefined ? 'platform' : 'external',
    table: nameOf(table),
    keys,
    onlyChanged,
    ...rest,
    ...keptFor(rollback),
  };
}

/** How long images are kept, as the task is told. */
export function keptFor(rollback: Duration | undefined): { readonly rollbackSeconds?: number } {
  return rollback === undefined ? {} : { rollbackSeconds: rollback.toSeconds() };
}

/** What is logged in to, where it is not the platform's own database. */
export function targetLogin(props: ScheduledTargetProps): DatabaseLoginProps | undefined {
  if ('redis' in props) {
    return props.redis;
  }
  if ('mongodb' in props) {
    return props.mongodb;
  }

  return 'table' in props ? props.database : undefined;
}

/** The drivers that writing it needs. @throws InvalidSetting for a database of a kind runs do not know */
export function targetDrivers(scope: Construct, props: ScheduledTargetProps): readonly DriverKind[] {
  if ('redis' in props) {
    checkTargetRedis(scope, props);

    return ['redis'];
  }
  if ('mongodb' in props) {
    checkMongo(scope, 'target.mongodb', props.mongodb);

    return ['mongodb'];
  }
  const database = targetLogin(props);

  return database === undefined ? [] : databaseKinds(scope, 'target.database', database);
}

/** Gives the runner what it needs to write the target, and no more. */
export function joinTarget(
  scope: Construct,
  {
    task,
    app,
    runner,
    target,
  }: { task: string; app: IIntegrationApp; runner: HandlerFunction; target: ScheduledTargetProps },
): void {
  if ('topic' in target) {
    joinTopic(scope, { app, runner, topic: target.topic });
  } else if ('http' in target) {
    joinHttpTarget(scope, runner, target);
  }
  const login = targetLogin(target);
  if (login !== undefined) {
    giveLogin(runner, 'TARGET', login);
  }
  declareTaskSource(scope, {
    ...{ task, side: 'target', handler: runner, told: targetOf(target, app), ...shownTarget(target) },
  });
}

/** How it is known to who tests it. */
function shownTarget(target: ScheduledTargetProps): Pick<TaskSourceProps, 'database' | 'is' | 'by'> {
  if ('topic' in target) {
    return { is: { kind: 'topic', place: target.topic.topicName }, by: [target.topic.stream.streamArn] };
  }
  if ('http' in target) {
    const { url, path = '', method = 'POST', auth, certificateAuthority } = target.http;

    return {
      is: { kind: 'http', place: `${method} ${url}${path}` },
      by: [...authFacts(auth), ...authorityFacts(certificateAuthority)],
    };
  }

  const database = targetLogin(target);
  if (database !== undefined) {
    return { database };
  }

  return { is: platformTable('table' in target ? nameOf(target.table) : '') };
}

function joinTopic(
  scope: Construct,
  { app, runner, topic }: { app: IIntegrationApp; runner: HandlerFunction; topic: ITopic },
): void {
  if (!allows(topic.permission, 'publish')) {
    throw invalid(
      scope,
      'target.topic',
      topic.topicName,
      `a topic whose permission holds publish; it has ${topic.permission}`,
    );
  }
  // What may publish shows in the topic's grants, whoever does it.
  topic.grantTo(app, 'publish');
  runner.variable('TOPIC_STREAM', topic.stream.streamName).allow(['kinesis:PutRecords'], [topic.stream.streamArn]);
}
