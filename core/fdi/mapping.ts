import { InvalidSetting } from '../errors.ts';
import { SEQUENCE_DIGITS } from '../mqs/sequence-number.ts';
import { BATCH_NUMBER_COLUMN, holdsBatchNumber } from './batch-number.ts';
import type { Column } from './column.ts';
import { type Convert, conversion } from './convert.ts';
import { isExactNumber } from './json.ts';
import { excerpt, Rejection } from './rejection.ts';
import { type Offset, timeZoneOffset } from './time-zone.ts';
import { foldedName, type MetadataField, type TopicTask } from './topic-task.ts';

/** Where a written column's value comes from. */
export type ColumnValue =
  | { readonly kind: 'field'; readonly field: MetadataField; readonly convert: Convert }
  | { readonly kind: 'eventTime'; readonly convert: Convert }
  | { readonly kind: 'sequence' }
  | { readonly kind: 'batchNumber' }
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'expression'; readonly expression: string; readonly convert: Convert };

/** A column the task writes. */
export interface MappedColumn {
  readonly column: Column;
  readonly value: ColumnValue;
  /** One of the upsert's keys. */
  readonly key: boolean;
  /** A row without a value for it is rejected. */
  readonly required: boolean;
}

/** A target table as the database describes it. */
export interface TargetTable {
  readonly columns: readonly Column[];
  /** Left out by the consumer: whether the keys are unique was settled when the task was created. */
  readonly uniqueKeys?: readonly (readonly string[])[];
}

/**
 * Joins a task with its table: which columns are written, from what, and how.
 *
 * @param where the task's place, for messages
 * @throws InvalidSetting naming the column that cannot work
 */
export function mapColumns(task: TopicTask, table: TargetTable, where: string): readonly MappedColumn[] {
  const { target } = task;
  if (table.columns.length === 0) {
    throw new InvalidSetting(
      `${where}: target.table`,
      target.table,
      'a table of the database that the task may write; it sees none of this name',
    );
  }
  const find = columnFinder(table.columns, where);
  const zone = timeZoneOffset(task.source.timeZone, `${where}: source.timeZone`);
  const values = new Map<Column, ColumnValue>();
  const reserved = specialColumns(task, find);
  for (const [column, value] of fieldValues(task, table.columns, find, zone, where)) {
    if (reserved.has(column)) {
      throw new InvalidSetting(
        `${where}: mapping[${column.name}]`,
        column.name,
        `no mapping of its own: ${reserved.get(column)} fills it`,
      );
    }
    values.set(column, value);
  }
  addSpecialValues(task, values, find, zone, where);
  checkColumns(task, table, values, where);

  return [...values].map(([column, value]) => {
    const key = target.write === 'upsert' && target.keys.some((name) => sameColumn(name, column));
    const guard = target.write === 'upsert' && sameColumn(target.eventTimeColumn, column);

    return { column, value, key, required: key || guard || !column.nullable };
  });
}

type Find = (name: string, setting: string) => Column;

function columnFinder(columns: readonly Column[], where: string): Find {
  return (name, setting) => {
    const column = columns.find((candidate) => sameColumn(name, candidate));
    if (column === undefined) {
      throw new InvalidSetting(`${where}: ${setting}`, name, `a column of the table: ${columnNames(columns)}`);
    }

    return column;
  };
}

/** Column names are compared as MySQL compares them. */
function sameColumn(name: string | undefined, column: Column): boolean {
  return name?.toLowerCase() === column.name.toLowerCase();
}

function columnNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}

function specialColumns({ target }: TopicTask, find: Find): Map<Column, string> {
  const reserved = new Map<Column, string>();
  for (const setting of ['sequenceColumn', 'batchNumberColumn'] as const) {
    const name = target[setting];
    if (name !== undefined) {
      reserved.set(find(name, `target.${setting}`), setting);
    }
  }

  return reserved;
}

function* fieldValues(
  task: TopicTask,
  columns: readonly Column[],
  find: Find,
  zone: Offset,
  where: string,
): Generator<[Column, ColumnValue]> {
  const { metadata } = task.source;
  if (task.mapping === 'by-name') {
    for (const field of metadata) {
      const column = columns.find(({ name }) => foldedName(name) === foldedName(field.alias));
      if (column === undefined) {
        throw new InvalidSetting(
          `${where}: source.metadata`,
          field.alias,
          `by-name mapping needs a column of this name; the table has ${columnNames(columns)}`,
        );
      }
      yield [column, fieldValue(field, column, zone, where)];
    }
    return;
  }
  for (const entry of task.mapping) {
    const column = find(entry.column, 'mapping');
    if ('constant' in entry) {
      yield [column, constantValue(entry.constant, column, zone, where)];
      continue;
    }
    if ('expression' in entry) {
      yield [column, expressionValue(entry.expression, column, zone, where)];
      continue;
    }
    const field = metadata.find(({ alias }) => alias === entry.from);
    if (field === undefined) {
      throw new InvalidSetting(
        `${where}: mapping[${column.name}]`,
        entry.from,
        metadata.map(({ alias }) => alias).join(', '),
      );
    }
    yield [column, fieldValue(field, column, zone, where)];
  }
}

function fieldValue(field: MetadataField, column: Column, zone: Offset, where: string): ColumnValue {
  const convert = conversion(field.type, column, zone);
  if (convert === undefined) {
    throw new InvalidSetting(
      `${where}: mapping[${column.name}]`,
      `${field.alias} (${field.type})`,
      `a type that a column of type ${column.type} takes`,
    );
  }

  return { kind: 'field', field, convert };
}

function constantValue(constant: string, column: Column, zone: Offset, where: string): ColumnValue {
  const text = conversion('string', column, zone)?.(constant);
  if (typeof text !== 'string') {
    const reason = text instanceof Rejection ? text.reason : `a column of type ${column.type} takes no constant`;
    throw new InvalidSetting(
      `${where}: mapping[${column.name}]`,
      constant,
      `a constant that fits its column: ${reason}`,
    );
  }

  return { kind: 'constant', text };
}

/** What an expression answers says itself of what type it is. */
function expressionValue(expression: string, column: Column, zone: Offset, where: string): ColumnValue {
  const converts = new Map(
    (['string', 'number', 'boolean', 'json'] as const).map((type) => [type, conversion(type, column, zone)]),
  );
  if ([...converts.values()].every((convert) => convert === undefined)) {
    throw new InvalidSetting(
      `${where}: mapping[${column.name}]`,
      expression,
      `nothing: no value can be written to a column of type ${column.type}`,
    );
  }

  return {
    kind: 'expression',
    expression,
    convert: (value) => {
      const type = isExactNumber(value) ? 'number' : typeof value;
      const convert = converts.get(type === 'string' || type === 'number' || type === 'boolean' ? type : 'json');

      return convert === undefined
        ? new Rejection('type', `${excerpt(value)} cannot be written to a column of type ${column.type}`)
        : convert(value);
    },
  };
}

function addSpecialValues(
  task: TopicTask,
  values: Map<Column, ColumnValue>,
  find: Find,
  zone: Offset,
  where: string,
): void {
  const { eventTimeColumn, sequenceColumn, batchNumberColumn } = task.target;
  if (eventTimeColumn !== undefined) {
    const column = find(eventTimeColumn, 'target.eventTimeColumn');
    const convert = conversion('datetime', column, zone);
    if (column.kind !== 'datetime' || convert === undefined) {
      throw new InvalidSetting(
        `${where}: target.eventTimeColumn`,
        `${column.name} (${column.type})`,
        'a DATETIME or TIMESTAMP column',
      );
    }
    if (!values.has(column)) {
      values.set(column, { kind: 'eventTime', convert });
    }
  }
  if (sequenceColumn !== undefined) {
    const column = find(sequenceColumn, 'target.sequenceColumn');
    if (column.kind !== 'text' || column.length < SEQUENCE_DIGITS) {
      throw new InvalidSetting(
        `${where}: target.sequenceColumn`,
        `${column.name} (${column.type})`,
        `a text column of at least ${SEQUENCE_DIGITS} characters`,
      );
    }
    values.set(column, { kind: 'sequence' });
  }
  if (batchNumberColumn !== undefined) {
    const column = find(batchNumberColumn, 'target.batchNumberColumn');
    if (!holdsBatchNumber(column)) {
      throw new InvalidSetting(
        `${where}: target.batchNumberColumn`,
        `${column.name} (${column.type}, ${column.length})`,
        BATCH_NUMBER_COLUMN,
      );
    }
    values.set(column, { kind: 'batchNumber' });
  }
}

function checkColumns(task: TopicTask, table: TargetTable, values: Map<Column, ColumnValue>, where: string): void {
  const { target } = task;
  for (const column of table.columns) {
    if (values.has(column) && column.generated) {
      throw new InvalidSetting(
        `${where}: mapping[${column.name}]`,
        column.name,
        'a column that is not computed by the table',
      );
    }
    if (!values.has(column) && !column.optional) {
      throw new InvalidSetting(
        `${where}: mapping`,
        column.name,
        'a value for this column: it takes no NULL and has no default',
      );
    }
  }
  if (target.write === 'upsert') {
    checkKeys(target.keys, table.uniqueKeys, values, where);
  }
}

function checkKeys(
  keys: readonly string[],
  uniqueKeys: TargetTable['uniqueKeys'],
  values: ReadonlyMap<Column, ColumnValue>,
  where: string,
): void {
  for (const key of keys) {
    if (![...values.keys()].some((column) => sameColumn(key, column))) {
      throw new InvalidSetting(`${where}: target.keys`, key, 'a column that the mapping fills');
    }
  }
  const wanted = sortedNames(keys);
  if (uniqueKeys !== undefined && !uniqueKeys.some((key) => sortedNames(key) === wanted)) {
    const known = uniqueKeys.map((key) => key.join(' + ')).join('; ') || 'none: the table has no unique key';
    throw new InvalidSetting(`${where}: target.keys`, keys, `the columns of a unique key of the table: ${known}`);
  }
}

function sortedNames(names: readonly string[]): string {
  return names
    .map((name) => name.toLowerCase())
    .sort()
    .join();
}
