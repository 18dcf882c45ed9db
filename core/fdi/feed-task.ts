import { InvalidSetting } from '../errors.ts';
import { nestedObject } from './nested-object.ts';
import { checkDestination, type DatabaseTarget, type OutletDestination } from './run-destination.ts';
import { checkMember as checkPath, type MongoTarget } from './run-mongo-collection.ts';
import {
  type ColumnMapping,
  checkIdentifier,
  checkKeptTogether,
  checkTopicTask,
  foldedName,
  type MetadataField,
  type TopicTask,
} from './topic-task.ts';

/** A real-time task into a database outside of the platform: what its consumer needs to know and the template says. */
export interface FeedTask extends Omit<TopicTask, 'target'> {
  readonly target: DatabaseTarget;
}

/** A real-time task into what knows no transactions: a topic, an API. */
export interface OutletTask extends Omit<TopicTask, 'target'> {
  readonly target: OutletDestination;
}

/** A real-time task into a collection of MongoDB. */
export interface DocumentTask extends Omit<TopicTask, 'target'> {
  readonly target: MongoTarget;
}

/** What does not go into the platform's database. */
export type DeliveredTask = FeedTask | OutletTask | DocumentTask;

/** A real-time task, whatever it writes into. */
export type RealtimeDefinition = TopicTask | DeliveredTask;

/** It goes elsewhere than into the platform's database. */
export function goesElsewhere(task: RealtimeDefinition): task is DeliveredTask {
  return 'kind' in task.target;
}

/** With what a batch needs before and behind it, within the consumer's minute. */
const MAX_ANSWER_SECONDS = 45;
const MAX_MEMBER = 128;

export function isFeed(task: RealtimeDefinition): task is FeedTask {
  return goesElsewhere(task) && task.target.kind === 'database';
}

export function isOutletTask(task: RealtimeDefinition): task is OutletTask {
  return goesElsewhere(task) && !(isFeed(task) || isDocumentTask(task));
}

export function isDocumentTask(task: RealtimeDefinition): task is DocumentTask {
  return goesElsewhere(task) && task.target.kind === 'mongodb';
}

/**
 * Refuses a task that cannot work whatever its table looks like.
 *
 * @param where the setting's place, for the message
 * @throws InvalidSetting naming the setting, what was received and what is allowed
 */
export function checkRealtimeTask(task: RealtimeDefinition, where: string): void {
  if (!goesElsewhere(task)) {
    checkTopicTask(task, where);
    return;
  }
  const { parallelization = 1 } = task;
  if (parallelization !== 1) {
    // With lanes, a position of the whole shard passes over what other lanes have not written.
    throw new InvalidSetting(
      `${where}: parallelization`,
      parallelization,
      "1: only in the platform's database are positions kept per partition key",
    );
  }
  if (isOutletTask(task)) {
    checkOutletTask(task, where);
    return;
  }
  if (isDocumentTask(task)) {
    checkDocumentTask(task, where);
    return;
  }
  const { eventTimeColumn, ...rest } = task.target;
  // A message has a time of its own, which a row that is added may keep; runs have none.
  checkDestination(task.target.write === 'insert' ? rest : task.target, `${where}: target`);
  checkKeptTogether(task, where);
  checkTopicTask(tableTask(task), where);
}

function checkOutletTask(task: OutletTask, where: string): void {
  if (task.delivery !== 'at-least-once') {
    throw new InvalidSetting(
      `${where}: delivery`,
      task.delivery,
      '`at-least-once`: only a database takes rows and position together',
    );
  }
  checkDestination(task.target, `${where}: target`);
  if (task.target.kind === 'http' && task.target.timeoutSeconds > MAX_ANSWER_SECONDS) {
    throw new InvalidSetting(
      `${where}: target.http.timeout`,
      `${task.target.timeoutSeconds} s`,
      `at most ${MAX_ANSWER_SECONDS} s: a consumer has a minute, and a request that is cut off comes again`,
    );
  }
  const isBody = task.target.kind === 'http' && task.target.hasBody;
  checkTopicTask(memberTask(task), where, isBody ? checkMember : checkIdentifier);
  if (isBody) {
    nestedObject(memberNames(task), `${where}: mapping`);
  }
}

/** Of a body, where names with dots lie in one another. @throws InvalidSetting */
function checkMember(name: string, where: string): void {
  if (name === '' || name.length > MAX_MEMBER || !name.isWellFormed()) {
    throw new InvalidSetting(where, name, `1 to ${MAX_MEMBER} characters`);
  }
}

function checkDocumentTask(task: DocumentTask, where: string): void {
  if (task.delivery !== 'effectively-once') {
    const allowed = '`effectively-once`: documents and position are one transaction anyway';
    throw new InvalidSetting(`${where}: delivery`, task.delivery, allowed);
  }
  checkDestination(task.target, `${where}: target`);
  checkTopicTask(memberTask(task), where, checkPath);
}

/** The members of what is sent, by name. */
export function memberNames({ source, mapping }: Pick<TopicTask, 'source' | 'mapping'>): readonly string[] {
  return mapping === 'by-name' ? source.metadata.map(({ alias }) => alias) : mapping.map(({ column }) => column);
}

/** The same as if its members were columns of JSON. Its position is the platform's, and moves as theirs do. */
export function memberTask(task: OutletTask | DocumentTask): TopicTask {
  return { ...task, target: { table: 'messages', write: 'insert', keys: [] }, delivery: 'effectively-once' };
}

/** The same in the words of tasks into the platform's database, whose rules it shares. A row that is deleted is told by its key alone. */
export function tableTask(task: FeedTask): TopicTask {
  const { table, write, keys, eventTimeColumn, batchNumberColumn } = task.target;
  const isKey = (name: string) => keys.some((key) => foldedName(key) === foldedName(name));
  const mine = write === 'delete' ? ownFields(task, isKey) : { source: task.source, mapping: task.mapping };

  return {
    ...task,
    ...mine,
    target: {
      ...{ table, keys, write: write === 'upsert' ? 'upsert' : 'insert' },
      ...(eventTimeColumn !== undefined && { eventTimeColumn }),
      ...(batchNumberColumn !== undefined && { batchNumberColumn }),
    },
  };
}

function ownFields(
  { source, mapping }: FeedTask,
  isKey: (name: string) => boolean,
): Pick<FeedTask, 'source' | 'mapping'> {
  if (mapping !== 'by-name') {
    return { source, mapping: mapping.filter(({ column }: ColumnMapping) => isKey(column)) };
  }

  return {
    source: { ...source, metadata: source.metadata.filter(({ alias }: MetadataField) => isKey(alias)) },
    mapping,
  };
}
