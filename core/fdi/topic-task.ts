import { InvalidSetting } from '../errors.ts';
import { parsePath } from './path.ts';
import { timeZoneOffset } from './time-zone.ts';

/** The type a task reads a metadata field as; what is not of it is quarantined. */
export type MetadataType = 'string' | 'integer' | 'number' | 'boolean' | 'datetime' | 'json';

/** One field read from each message. */
export interface MetadataField {
  /** The name the mapping knows it by; unique without regard to case and `_`. */
  readonly alias: string;
  readonly type: MetadataType;
  /** Where it stands in what a reader sees: `data.deviceId`, `items[0].price`; `$` is the whole. */
  readonly path: string;
}

export type DataType = 'JSON' | 'XML';

export interface TopicSource {
  readonly topic: string;
  /** Read fields out of each message; without it the whole message is the value of the one metadata field. */
  readonly parse: boolean;
  /** What a payload is parsed as; of XML, paths lead into what `xmlValue` makes of it. */
  readonly dataType: DataType;
  /** Paths of the metadata begin here instead of at the whole message. */
  readonly rootField?: string;
  /** How a date and time without an offset is read: `UTC`, `GMT+8`, `Europe/Berlin`. Tables hold UTC. */
  readonly timeZone: string;
  /** As the topic's forwarding rule says (features B11, B12): readers see base64 text in place of the payload. */
  readonly base64: boolean;
  /** As the topic's forwarding rule says: readers see `{data, productId, deviceId, clientId, eventTime, traceId}`. */
  readonly deviceInfo: boolean;
  readonly metadata: readonly MetadataField[];
}

export interface TaskTarget {
  readonly table: string;
  readonly write: 'insert' | 'upsert';
  /** The columns that tell rows apart; with upsert they must be a unique key of the table. */
  readonly keys: readonly string[];
  /** Filled with the message's event time (UTC) unless mapped; with upsert it guards against stale events. */
  readonly eventTimeColumn?: string;
  /** Filled with the record's sequence number (64 digits); with upsert it settles equal event times. */
  readonly sequenceColumn?: string;
  /** Filled with one random text of 15 characters per batch. */
  readonly batchNumberColumn?: string;
  /** How long it is kept what rows were before a batch changed them, so that it can be undone; without it nothing is kept. */
  readonly rollbackSeconds?: number;
}

export type ColumnMapping =
  | { readonly column: string; readonly from: string }
  | { readonly column: string; readonly constant: string }
  /** JSONata, over what a reader of the message sees: `data.price * data.count`. */
  | { readonly column: string; readonly expression: string };

/** A real-time task from a topic into a table: what the consumer needs to know and the template says. */
export interface TopicTask {
  readonly name: string;
  readonly source: TopicSource;
  readonly target: TaskTarget;
  readonly mapping: 'by-name' | readonly ColumnMapping[];
  readonly delivery: 'effectively-once' | 'at-least-once';
  /** How many batches of a shard are written at once, 1 to 10; above 1 positions are kept per partition key. @default 1 */
  readonly parallelization?: number;
}

/** Lambda's own. */
const MAX_PARALLELIZATION = 10;
const NAME = /^[A-Za-z0-9][\w.-]{2,99}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,63}$/;
export const METADATA_TYPES: readonly MetadataType[] = ['string', 'integer', 'number', 'boolean', 'datetime', 'json'];
const [MIN_ROLLBACK_SECONDS, MAX_ROLLBACK_SECONDS] = [60, 90 * 86_400];

/** Names are matched without regard to case and `_`: `device_id`, `DeviceId` and `deviceID` are one name. */
export function foldedName(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/**
 * Refuses a task that cannot work whatever its table looks like.
 *
 * @param where the setting's place, for the message: `Parking/ParkingStatus`
 * @param checkColumn refuses names that what it writes into does not know
 * @throws InvalidSetting naming the setting, what was received and what is allowed
 */
export function checkTopicTask(task: TopicTask, where: string, checkColumn = checkIdentifier): void {
  if (!NAME.test(task.name)) {
    throw new InvalidSetting(
      `${where}: name`,
      task.name,
      '3 to 100 letters, digits, `_`, `.` or `-`, beginning with a letter or digit',
    );
  }
  if (task.delivery !== 'effectively-once' && task.delivery !== 'at-least-once') {
    throw new InvalidSetting(`${where}: delivery`, task.delivery, '`effectively-once` or `at-least-once`');
  }
  const { parallelization = 1 } = task;
  if (!Number.isInteger(parallelization) || parallelization < 1 || parallelization > MAX_PARALLELIZATION) {
    throw new InvalidSetting(`${where}: parallelization`, parallelization, 'a whole number from 1 to 10');
  }
  checkSource(task.source, `${where}: source`);
  checkTarget(task.target, `${where}: target`);
  checkMapping(task, `${where}: mapping`, checkColumn);
  checkRollback(task.target, true, `${where}: target`);
  checkKeptTogether(task, where);
}

/** @throws InvalidSetting for images without rows: only where rows are written once is what was before them kept once */
export function checkKeptTogether(
  {
    target,
    delivery,
  }: { readonly target: Pick<TaskTarget, 'rollbackSeconds'>; readonly delivery: TopicTask['delivery'] },
  where: string,
): void {
  if (target.rollbackSeconds !== undefined && delivery !== 'effectively-once') {
    throw new InvalidSetting(
      `${where}: target.rollback`,
      `${target.rollbackSeconds} s`,
      'delivery `effectively-once`: rows and what was before them are one transaction there',
    );
  }
}

function checkSource(source: TopicSource, where: string): void {
  if (source.topic === '') {
    throw new InvalidSetting(`${where}.topic`, source.topic, 'the name of a topic');
  }
  if (source.dataType !== 'JSON' && source.dataType !== 'XML') {
    throw new InvalidSetting(`${where}.dataType`, source.dataType, '`JSON` or `XML`');
  }
  if (source.parse && source.base64 && !source.deviceInfo) {
    throw new InvalidSetting(
      `${where}.parse`,
      true,
      '`false`: with base64 on and device info off a message is base64 text, not JSON (or change the forwarding rule)',
    );
  }
  timeZoneOffset(source.timeZone, `${where}.timeZone`);
  checkMetadata(source, where);
}

function checkMetadata(source: TopicSource, where: string): void {
  const seen = new Map<string, string>();
  if (source.metadata.length === 0) {
    throw new InvalidSetting(`${where}.metadata`, [], 'at least one field');
  }
  if (!source.parse && (source.metadata.length !== 1 || source.rootField !== undefined)) {
    throw new InvalidSetting(
      `${where}.metadata`,
      source.metadata,
      'exactly one field and no root field when parse is off: the whole message is its value',
    );
  }
  if (source.rootField !== undefined) {
    parsePath(source.rootField, `${where}.rootField`);
  }
  for (const field of source.metadata) {
    const place = `${where}.metadata[${field.alias}]`;
    const twin = seen.get(foldedName(field.alias));
    if (field.alias.trim() === '' || field.alias.length > 64) {
      throw new InvalidSetting(`${where}.metadata: alias`, field.alias, '1 to 64 characters');
    }
    if (twin !== undefined) {
      throw new InvalidSetting(
        `${place}: alias`,
        field.alias,
        `a name of its own: it equals \`${twin}\` without regard to case and \`_\``,
      );
    }
    if (!METADATA_TYPES.includes(field.type)) {
      throw new InvalidSetting(`${place}: type`, field.type, METADATA_TYPES.map((type) => `\`${type}\``).join(', '));
    }
    parsePath(field.path, `${place}: path`);
    seen.set(foldedName(field.alias), field.alias);
  }
}

function checkTarget(target: TaskTarget, where: string): void {
  checkIdentifier(target.table, `${where}.table`);
  if (target.write !== 'insert' && target.write !== 'upsert') {
    throw new InvalidSetting(`${where}.write`, target.write, '`insert` or `upsert`');
  }
  if (target.write === 'upsert' && target.keys.length === 0) {
    throw new InvalidSetting(`${where}.keys`, [], 'at least one column for an upsert');
  }
  const special = Object.entries({
    eventTimeColumn: target.eventTimeColumn,
    sequenceColumn: target.sequenceColumn,
    batchNumberColumn: target.batchNumberColumn,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const [setting, column] of special) {
    checkIdentifier(column, `${where}.${setting}`);
    const other = special.find(([name, same]) => name !== setting && foldedName(same) === foldedName(column));
    if (other !== undefined) {
      throw new InvalidSetting(`${where}.${setting}`, column, `a column of its own: ${other[0]} names it too`);
    }
  }
  for (const key of target.keys) {
    checkIdentifier(key, `${where}.keys`);
    const taken = special.find(([, column]) => foldedName(column) === foldedName(key));
    if (taken !== undefined) {
      throw new InvalidSetting(`${where}.keys`, key, `a column filled from the message: ${taken[0]} names it`);
    }
  }
  if (target.write === 'upsert' && target.sequenceColumn !== undefined && target.eventTimeColumn === undefined) {
    throw new InvalidSetting(
      `${where}.sequenceColumn`,
      target.sequenceColumn,
      'an eventTimeColumn beside it: the sequence number only settles equal event times',
    );
  }
}

function checkMapping(task: TopicTask, where: string, checkColumn: typeof checkIdentifier): void {
  if (task.mapping === 'by-name') {
    return;
  }
  const seen = new Set<string>();
  const aliases = task.source.metadata.map((field) => field.alias);
  if (task.mapping.length === 0) {
    throw new InvalidSetting(where, [], 'at least one column, or `by-name`');
  }
  for (const entry of task.mapping) {
    checkColumn(entry.column, `${where}: column`);
    if (seen.has(foldedName(entry.column))) {
      throw new InvalidSetting(`${where}[${entry.column}]`, entry, 'each column once');
    }
    if ('from' in entry && !aliases.includes(entry.from)) {
      throw new InvalidSetting(
        `${where}[${entry.column}]: from`,
        entry.from,
        aliases.map((alias) => `\`${alias}\``).join(', '),
      );
    }
    seen.add(foldedName(entry.column));
  }
  const { batchNumberColumn, sequenceColumn } = task.target;
  for (const [setting, column] of Object.entries({ batchNumberColumn, sequenceColumn })) {
    if (column !== undefined && seen.has(foldedName(column))) {
      throw new InvalidSetting(`${where}[${column}]`, column, `no mapping of its own: ${setting} fills it`);
    }
  }
}

/** @throws InvalidSetting for a target that cannot keep what its batches change. @param where the target's place */
export function checkRollback(
  { rollbackSeconds, batchNumberColumn }: Pick<TaskTarget, 'rollbackSeconds' | 'batchNumberColumn'>,
  isWritten: boolean,
  where: string,
): void {
  checkKept(rollbackSeconds, where);
  if (rollbackSeconds !== undefined && isWritten && batchNumberColumn === undefined) {
    throw new InvalidSetting(
      `${where}.rollback`,
      `${rollbackSeconds} s`,
      'a batchNumberColumn beside it, which tells whose rows they are',
    );
  }
}

/** @throws InvalidSetting for a time that nothing is kept for. @param where the target's place */
export function checkKept(rollbackSeconds: number | undefined, where: string): void {
  if (
    rollbackSeconds !== undefined &&
    (!Number.isInteger(rollbackSeconds) ||
      rollbackSeconds < MIN_ROLLBACK_SECONDS ||
      rollbackSeconds > MAX_ROLLBACK_SECONDS)
  ) {
    throw new InvalidSetting(`${where}.rollback`, `${rollbackSeconds} s`, '1 minute to 90 days');
  }
}

/** Names that need no quotes and mean the same in every database. @throws InvalidSetting */
export function checkIdentifier(name: string, where: string): void {
  if (!IDENTIFIER.test(name)) {
    throw new InvalidSetting(where, name, '1 to 64 letters, digits, `_` or `$`, beginning with a letter or `_`');
  }
}
