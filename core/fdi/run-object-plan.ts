import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { MASK } from '../mqs/mask-fields.ts';
import type { Column } from './column.ts';
import { computedFields } from './compute-fields.ts';
import type { Convert } from './convert.ts';
import { toJson } from './convert-text.ts';
import type { CompileExpression } from './expression.ts';
import { Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { SourceField, SourceRecord } from './run-ports.ts';
import { readField } from './run-row-plan.ts';
import { type Offset, timeZoneOffset } from './time-zone.ts';
import type { MetadataType } from './topic-task.ts';

/** A record as an object of JSON: each member's value as JSON writes it, in the order of the mapping. */
export type ObjectCells = readonly string[];

/** How a source's records become objects of JSON. */
export interface ObjectPlan {
  readonly names: readonly string[];
  readonly read: (record: SourceRecord) => ObjectCells | Rejection;
  /** Before they are read, where the mapping has expressions. */
  readonly compute?: (records: readonly SourceRecord[]) => Promise<void>;
  /** 12 hexadecimal digits, another for every other mapping. */
  readonly version: string;
}

/** What keeps its type: numbers digit by digit, `true` and `false`, dates and times as ISO 8601 in UTC, JSON as it is, NULL. */
type ReadCell = (record: SourceRecord) => string | Rejection;

/** Turns a value of a field into JSON, or says why it cannot. */
export type CellWriter = (type: MetadataType, zone: Offset, member: string) => Convert | undefined;

/**
 * Joins the fields of a source with the members of an object. By name: all of them, called as the source calls them.
 *
 * @param masked members whose values are not even looked at
 * @param write how values become JSON, where it is not the usual way
 * @param compile for the expressions of the mapping
 * @throws InvalidSetting naming the member that cannot work
 */
export function planObjects(
  { name: task, source, mapping, target }: Pick<ScheduledTask, 'name' | 'source' | 'mapping' | 'target'>,
  fields: readonly SourceField[],
  masked: readonly string[] = [],
  write: CellWriter = jsonWriter,
  compile?: CompileExpression,
): ObjectPlan {
  const zone = timeZoneOffset(source.timeZone, `${task}: source.timeZone`);
  const cellOf = (field: SourceField, member: string = field.name): ReadCell => {
    const read = readField(field);
    const written = write(field.type, zone, member);

    return ({ value }) => {
      const found = read(value);
      if (found instanceof Rejection) {
        return found.of(field.name);
      }
      const text = found === undefined || found === null ? 'null' : (written?.(found) ?? 'null');

      return text instanceof Rejection ? text.of(field.name) : text;
    };
  };
  const computed =
    compile &&
    computedFields(
      mapping === 'by-name' ? mapping : mapping.filter(({ column }) => !masked.includes(column)),
      fields.map((field) => [field.name, cellOf(field)]),
      compile,
      task,
    );
  const entries: readonly (readonly [name: string, cell: ReadCell])[] =
    mapping === 'by-name'
      ? fields.map((field) => [field.name, cellOf(field)])
      : mapping.map((entry) => {
          if ('expression' in entry) {
            const { expression, column } = entry;

            return [column, computed?.cell(expression, column) ?? unknownTo(expression, `${task}: mapping[${column}]`)];
          }
          if (!('from' in entry)) {
            const text = JSON.stringify(entry.constant);

            return [entry.column, () => text];
          }
          const field = fields.find(({ name }) => name === entry.from);
          if (field === undefined) {
            const known = fields.map(({ name }) => name).join(', ');
            throw new InvalidSetting(
              `${task}: mapping[${entry.column}]: from`,
              entry.from,
              `one of the source: ${known}`,
            );
          }

          return [entry.column, cellOf(field, entry.column)];
        });
  const cells = entries.map(([name, cell]) => (masked.includes(name) ? () => MASK : cell));

  return {
    names: entries.map(([name]) => name),
    read: (record) => cellsOf(cells, record),
    ...(computed && { compute: (records) => computed.compute(records) }),
    version: createHash('sha256')
      .update(JSON.stringify([source, target, mapping, fields]))
      .digest('hex')
      .slice(0, 12),
  };
}

/** Of a masked member nothing is computed. */
function unknownTo(expression: string, setting: string): ReadCell {
  const rejection = new Rejection('expression', `${setting}: nothing here computes ${expression}`);

  return () => rejection;
}

/** The usual way: as topics have it. */
export function jsonWriter(type: MetadataType, zone: Offset): Convert | undefined {
  return toJson(type, ANY, zone);
}

/** The object's text, without blanks. */
export function objectText(names: readonly string[], cells: ObjectCells): string {
  return `{${names.map((name, at) => `${JSON.stringify(name)}:${cells[at]}`).join(',')}}`;
}

/**
 * Reads one member as plain text, for keys and paths.
 *
 * @param setting names who wants it. @throws InvalidSetting where the mapping has no such member
 */
export function memberText(
  { names }: Pick<ObjectPlan, 'names'>,
  name: string,
  setting: string,
): (cells: ObjectCells) => string | Rejection {
  const at = names.indexOf(name);
  if (at < 0) {
    throw new InvalidSetting(setting, name, `a name of the mapping: ${names.join(', ')}`);
  }

  return (cells) => {
    const json = cells[at] ?? 'null';
    if (json === 'null') {
      return new Rejection('missing', `${name}: the source has no value, and ${setting} needs one`);
    }

    return json.startsWith('"') ? (JSON.parse(json) as string) : json;
  };
}

function cellsOf(cells: readonly ReadCell[], record: SourceRecord): ObjectCells | Rejection {
  const texts: string[] = [];
  for (const cell of cells) {
    const text = cell(record);
    if (text instanceof Rejection) {
      return text;
    }
    texts.push(text);
  }

  return texts;
}

/** JSON takes texts of any length. */
const ANY: Column = Object.freeze({
  ...{ name: '', kind: 'json', type: 'json', length: 0, precision: 0, scale: 0, fractionDigits: 0 },
  ...{
    unsigned: false,
    nullable: true,
    optional: true,
    generated: false,
    charset: '',
    members: [],
    caseInsensitive: false,
  },
}) as Column;
