import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { parseJson } from './json.ts';
import { type MappedColumn, mapColumns } from './mapping.ts';
import { valueAt } from './path.ts';
import { Rejection } from './rejection.ts';
import type { Cells } from './row.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RowStatements, RunDialect, TableShape } from './run-dialect.ts';
import type { RowPlan, SourceField, SourceRecord } from './run-ports.ts';
import { type ColumnMapping, foldedName, type TopicTask } from './topic-task.ts';

/** Everything that is decided once about a task's rows. */
export interface CellPlan extends RowPlan<Cells> {
  readonly statements: RowStatements;
  /** All that is written. */
  readonly mapped: readonly MappedColumn[];
}

type Mapping = Pick<ScheduledTask, 'name' | 'mapping' | 'source'>;
type ReadCell = (record: SourceRecord) => string | null | Rejection;

/**
 * Joins the fields of a source with the columns of a target table; the rules are those of real-time tasks.
 *
 * @throws InvalidSetting naming the column that cannot work
 */
export function planCells(
  task: Mapping,
  target: DatabaseTarget,
  fields: readonly SourceField[],
  dialect: RunDialect,
  shape: TableShape,
): CellPlan {
  const where = task.name;
  const own = target.write === 'delete' ? keysOnly(task.mapping, target, shape) : { mapping: task.mapping, shape };
  const known = task.mapping === 'by-name' ? placedFields(fields, own.shape, declaredColumns(task), where) : fields;
  const mapped = mapColumns(
    topicTask(task, target, own.mapping, known),
    { columns: own.shape.columns, ...uniqueKeys(target, shape) },
    where,
  );
  const unfilled = mapped.find(({ value }) => value.kind === 'eventTime');
  if (unfilled !== undefined) {
    throw new InvalidSetting(
      `${where}: target.eventTimeColumn`,
      unfilled.column.name,
      'a column that the mapping fills',
    );
  }
  checkPresent(target.keys, mapped, where);
  const statements = dialect.rows(target, shape, mapped);
  const cells = statements.cells.map((entry) => cellOf(entry, known));

  return Object.freeze({
    statements,
    mapped,
    read: (record: SourceRecord) => rowOf(cells, record),
    version: createHash('sha256')
      .update(JSON.stringify([task.source, target, task.mapping, known]))
      .digest('hex')
      .slice(0, 12),
  });
}

/** By name, a column of the source without one in the target is left out, unless it was asked for by name. */
function placedFields(
  fields: readonly SourceField[],
  shape: TableShape,
  declared: readonly string[],
  where: string,
): readonly SourceField[] {
  const columns = new Set(shape.columns.map(({ name }) => foldedName(name)));
  const placed = fields.filter(({ name }) => columns.has(foldedName(name)));
  const names = shape.columns.map(({ name }) => name).join(', ');
  const missing = declared.find((name) => !columns.has(foldedName(name)));
  if (missing !== undefined) {
    throw new InvalidSetting(
      `${where}: source.columns`,
      missing,
      `columns that the target has by name (${names}), or a mapping`,
    );
  }
  if (placed.length === 0) {
    throw new InvalidSetting(
      `${where}: mapping`,
      fields.map(({ name }) => name),
      `at least one name that the target has: ${names}`,
    );
  }

  return placed;
}

function declaredColumns({ source }: Mapping): readonly string[] {
  return source.kind === 'database' ? (source.columns ?? []) : (source.fields ?? []).map(({ alias }) => alias);
}

/** The rules of real-time tasks are asked in their own words. */
function topicTask(
  task: Mapping,
  target: DatabaseTarget,
  mapping: TopicTask['mapping'],
  fields: readonly SourceField[],
): TopicTask {
  const { kind: _kind, place: _place, onlyChanged: _onlyChanged, write, ...columns } = target;

  return {
    name: task.name,
    source: {
      topic: '-',
      parse: true,
      dataType: 'JSON',
      timeZone: task.source.timeZone,
      base64: false,
      deviceInfo: false,
      metadata: fields.map(({ name, type }) => ({ alias: name, type, path: name })),
    },
    target: { ...columns, write: write === 'upsert' ? 'upsert' : 'insert' },
    mapping,
    delivery: 'effectively-once',
  };
}

/** To delete a row takes its key, whatever else the table wants of one that is added. */
function keysOnly(mapping: ScheduledTask['mapping'], { keys }: DatabaseTarget, shape: TableShape) {
  const isKey = (name: string) => keys.some((key) => foldedName(key) === foldedName(name));

  return {
    mapping: mapping === 'by-name' ? mapping : (mapping.filter(({ column }) => isKey(column)) as ColumnMapping[]),
    shape: { ...shape, columns: shape.columns.filter(({ name }) => isKey(name)) },
  };
}

/** Only an upsert depends on the key being unique. */
function uniqueKeys({ write }: DatabaseTarget, { uniqueKeys: keys }: TableShape) {
  return write === 'upsert' ? { uniqueKeys: keys } : {};
}

function checkPresent(keys: readonly string[], mapped: readonly MappedColumn[], where: string): void {
  const missing = keys.find(
    (key) =>
      !mapped.some(({ column, value }) => column.name.toLowerCase() === key.toLowerCase() && value.kind === 'field'),
  );
  if (missing !== undefined) {
    throw new InvalidSetting(`${where}: target.keys`, missing, 'a column that the mapping fills from the source');
  }
}

function rowOf(cells: readonly ReadCell[], record: SourceRecord): Cells | Rejection {
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    const text = cell(record);
    if (text instanceof Rejection) {
      return text;
    }
    texts.push(text);
  }

  return texts;
}

function cellOf({ column, value, required }: MappedColumn, fields: readonly SourceField[]): ReadCell {
  if (value.kind !== 'field') {
    return () => null;
  }
  const { convert } = value;
  const field = fields.find(({ name }) => name === value.field.alias);
  const read = readField(field as SourceField);

  return (record) => {
    const found = read(record.value);
    if (found instanceof Rejection) {
      return found.of(column.name);
    }
    if (found === undefined || found === null) {
      return required ? new Rejection('missing', `${column.name}: the source has no ${value.field.alias}`) : null;
    }
    const text = convert(found);

    return text instanceof Rejection ? text.of(column.name) : text;
  };
}

/** What stands in a record's value; a Rejection of a text that is no JSON where it should be. */
export function readField({ path, type, at }: SourceField): (value: unknown) => unknown {
  const [name] = path;
  const read =
    at === undefined && path.length === 1 && typeof name === 'string'
      ? (value: unknown) => (value as Readonly<Record<string, unknown>>)[name]
      : (value: unknown) => (at ?? valueAt)(value, path);

  return type === 'json' ? (value) => jsonOf(read(value)) : read;
}

/** A database gives JSON as its text. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  try {
    return parseJson(value);
  } catch (error) {
    return new Rejection('syntax', `it is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
