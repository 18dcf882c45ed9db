import { InvalidSetting } from '../errors.ts';
import type { Convert } from './convert.ts';
import { excerpt, Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import { checkMember, type MongoTarget } from './run-mongo-collection.ts';
import type { Ejson, MongoDocument } from './run-mongo-port.ts';
import { ejsonAt, valueKind, valueText } from './run-mongo-value.ts';
import { type CellWriter, jsonWriter, type ObjectCells, planObjects } from './run-object-plan.ts';
import type { RowPlan, SourceField } from './run-ports.ts';

/** A record on its way: its members in extended JSON. */
export interface DocumentRow {
  readonly members: readonly (readonly [name: string, value: Ejson])[];
  /** About. */
  readonly bytes: number;
}

export interface DocumentPlan extends RowPlan<DocumentRow> {
  /** The members that are written, the batch number among them. */
  readonly paths: readonly string[];
  /** So much of documents as tells whether rows are there. */
  readonly projection: MongoDocument;
  /** Where a key counts once: the last row of each. */
  folded(rows: readonly DocumentRow[]): readonly DocumentRow[];
  /** What writes these. */
  command(rows: readonly DocumentRow[], batch: string): MongoDocument;
  /** What finds the documents of rows. */
  keysOf(rows: readonly DocumentRow[]): MongoDocument;
  keyText(row: DocumentRow): string;
  /** The same of a row's document. */
  keyTextOf(document: MongoDocument): string;
  /** The document has all that the row would set. */
  isThere(row: DocumentRow, document: MongoDocument): boolean;
}

const OBJECT_ID = /^[0-9a-f]{24}$/i;
const ID = '_id';
/** A step that is a place in a list where there is one. */
const PLACE = /(?:^|\.)\d+(?:\.|$)/;
const INT32 = 2 ** 31;
const INT64 = 2n ** 63n;
/** Digits that a double holds whatever they are. */
const DOUBLE_DIGITS = 15;
/** Of the largest document, whose limit is 16 MiB. */
const MAX_BYTES = 15 * 1024 * 1024;

/**
 * Joins the fields of a source with the members of documents: whole numbers, doubles or decimals, dates, booleans, texts, what JSON holds.
 *
 * @throws InvalidSetting naming the member that cannot work
 */
export function planDocuments(
  task: Pick<ScheduledTask, 'name' | 'source' | 'mapping' | 'target'>,
  target: MongoTarget,
  fields: readonly SourceField[],
): DocumentPlan {
  const { write, keys, collection, batchNumberField } = target;
  const isKey = (name: string) => keys.includes(name);
  const own = write === 'delete' ? keysOnly(task, fields, isKey) : { task, fields };
  const objects = planObjects(own.task, own.fields, [], memberWriter(target));
  const { names } = objects;
  const paths = [...names, ...(batchNumberField === undefined ? [] : [batchNumberField])];
  checkNames(task.name, target, names, paths);
  const keyNames = names.filter(isKey).map((name) => name.split('.'));
  const keyText = (row: DocumentRow) => valueText(row.members.flatMap(([name, value]) => (isKey(name) ? [value] : [])));
  const isFolded = keys.length > 0 && (write === 'delete' || (write === 'upsert' && batchNumberField !== undefined));
  const number = (batch: string) => (batchNumberField === undefined ? [] : [[batchNumberField, batch] as const]);

  return {
    version: objects.version,
    paths,
    projection: Object.fromEntries([ID, ...paths].map((path) => [path.split('.')[0] ?? path, 1])),
    read(record) {
      const cells = objects.read(record);

      return cells instanceof Rejection ? cells : rowOf(names, cells, isKey);
    },
    folded: (rows) => (isFolded ? [...new Map(rows.map((row) => [keyText(row), row])).values()] : rows),
    command(rows, batch) {
      if (write === 'delete') {
        return { delete: collection, deletes: rows.map((row) => ({ q: keyOf(row, isKey), limit: 0 })) };
      }
      if (keys.length === 0) {
        return {
          insert: collection,
          documents: rows.map(({ members }) => documentOf([...members, ...number(batch)])),
        };
      }
      const operator = write === 'upsert' ? '$set' : '$setOnInsert';

      return { update: collection, updates: rows.map((row) => upsertOf(row, isKey, operator, number(batch))) };
    },
    keysOf: (rows) => keysOf(rows, names.filter(isKey)),
    keyText,
    keyTextOf: (document) => valueText(keyNames.map((path) => ejsonAt(document, path) ?? null)),
    isThere: ({ members }, document) =>
      members.every(([name, value]) => valueText(value) === valueText(ejsonAt(document, name.split('.')))),
  };
}

/** @throws InvalidSetting for names that cannot be written side by side, or whose values cannot be put back */
function checkNames(task: string, target: MongoTarget, names: readonly string[], paths: readonly string[]): void {
  const { keys, objectIds, batchNumberField, rollbackSeconds } = target;
  const where = `${task}: target`;
  for (const name of names) {
    checkMember(name, `${where}: ${name}`);
  }
  const missing = [...keys, ...objectIds].find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new InvalidSetting(`${where}.keys`, missing, `names of the mapping: ${names.join(', ')}`);
  }
  const nested = paths.find((name) => paths.some((other) => other.startsWith(`${name}.`)));
  if (nested !== undefined) {
    throw new InvalidSetting(`${where}: ${nested}`, paths, 'no name that lies in another one');
  }
  if (batchNumberField !== undefined && names.includes(batchNumberField)) {
    throw new InvalidSetting(
      `${where}: ${batchNumberField}`,
      batchNumberField,
      'no mapping: batchNumberField fills it',
    );
  }
  const placed = rollbackSeconds === undefined ? undefined : paths.find((name) => PLACE.test(name));
  if (placed !== undefined) {
    throw new InvalidSetting(`${where}.rollback`, placed, 'names without places in lists, which cannot be put back');
  }
}

function keysOnly(
  task: Parameters<typeof planDocuments>[0],
  fields: readonly SourceField[],
  isKey: (name: string) => boolean,
) {
  const { mapping } = task;

  return mapping === 'by-name'
    ? { task, fields: fields.filter(({ name }) => isKey(name)) }
    : { task: { ...task, mapping: mapping.filter(({ column }) => isKey(column)) }, fields };
}

function rowOf(
  names: readonly string[],
  cells: ObjectCells,
  isKey: (name: string) => boolean,
): DocumentRow | Rejection {
  const bytes = cells.reduce((sum, cell, at) => sum + cell.length + (names[at]?.length ?? 0), 0);
  const empty = names.find((name, at) => isKey(name) && cells[at] === 'null');
  if (empty !== undefined) {
    return new Rejection('missing', `${empty}: the source has no value, and it is a key`);
  }
  if (bytes > MAX_BYTES) {
    return new Rejection('length', `a document of ${bytes} bytes; it may have ${MAX_BYTES}`);
  }

  return { members: names.map((name, at) => [name, JSON.parse(cells[at] ?? 'null') as Ejson] as const), bytes };
}

/** `$eq`, whatever the value is: it may look like an operator. */
function keyOf({ members }: DocumentRow, isKey: (name: string) => boolean): MongoDocument {
  return Object.fromEntries(members.flatMap(([name, value]) => (isKey(name) ? [[name, { $eq: value }]] : [])));
}

/** Of one name a list, which the server looks up at once; it takes no patterns for values. */
function keysOf(rows: readonly DocumentRow[], keys: readonly string[]): MongoDocument {
  const [only = '', ...others] = keys;
  const values = rows.flatMap(({ members }) => members.flatMap(([name, value]) => (name === only ? [value] : [])));
  if (others.length === 0 && values.every((value) => valueKind(value) !== 'regex')) {
    return { [only]: { $in: values } };
  }

  return { $or: rows.map((row) => keyOf(row, (name) => keys.includes(name))) };
}

function upsertOf(
  row: DocumentRow,
  isKey: (name: string) => boolean,
  operator: string,
  number: DocumentRow['members'],
): MongoDocument {
  const others = row.members.filter(([name]) => !isKey(name));
  // Of a document that is its key nothing is left to set, and to set nothing is refused by older servers.
  const u =
    others.length === 0
      ? { $setOnInsert: Object.fromEntries([...row.members, ...number]) }
      : { [operator]: Object.fromEntries([...others, ...number]) };

  return { q: keyOf(row, isKey), u, upsert: true };
}

/** Names with dots lie in one another. */
function documentOf(members: DocumentRow['members']): MongoDocument {
  const document: Record<string, Ejson> = {};
  for (const [name, value] of members) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let inner = document;
    for (const step of path) {
      inner[step] ??= {};
      inner = inner[step] as Record<string, Ejson>;
    }
    inner[last] = value;
  }

  return document;
}

function memberWriter({ objectIds }: MongoTarget): CellWriter {
  return (type, zone, member) => {
    const json = jsonWriter(type, zone);
    if (json === undefined) {
      return undefined;
    }
    if (objectIds.includes(member)) {
      return over(json, (text) =>
        OBJECT_ID.test(text.slice(1, -1))
          ? JSON.stringify({ $oid: text.slice(1, -1).toLowerCase() })
          : new Rejection('type', `${excerpt(text)} is no ObjectId: 24 hexadecimal digits`),
      );
    }
    switch (type) {
      case 'datetime':
        return over(json, dateCell);
      case 'integer':
        return over(json, integerCell);
      case 'number':
        return over(json, numberCell);
      default:
        return json;
    }
  };
}

function over(json: Convert, write: (text: string) => string | Rejection): Convert {
  return (value) => {
    const text = json(value);

    return text instanceof Rejection ? text : write(text);
  };
}

/** A day is its midnight in UTC. */
function dateCell(text: string): string | Rejection {
  const ms = Date.parse(JSON.parse(text) as string);

  return Number.isNaN(ms)
    ? new Rejection('range', `${excerpt(text)} is no date`)
    : JSON.stringify({ $date: { $numberLong: String(ms) } });
}

function integerCell(text: string): string | Rejection {
  const number = BigInt(text);
  if (number >= INT64 || number < -INT64) {
    return new Rejection('range', `${excerpt(text)} is more than 64 bits hold`);
  }

  return JSON.stringify(
    number < INT32 && number >= -INT32 ? { $numberInt: String(number) } : { $numberLong: String(number) },
  );
}

/** With all its digits: what a double would change is a decimal. */
function numberCell(text: string): string {
  const digits = text
    .replace(/[eE].*$/, '')
    .replaceAll(/\D/g, '')
    .replace(/^0+/, '').length;

  return JSON.stringify(
    digits <= DOUBLE_DIGITS && Number.isFinite(Number(text))
      ? { $numberDouble: String(Number(text)) }
      : { $numberDecimal: text },
  );
}
