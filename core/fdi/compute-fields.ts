import type { CompileExpression } from './expression.ts';
import { isExactNumber, parseJson } from './json.ts';
import { Rejection } from './rejection.ts';
import type { SourceRecord } from './run-ports.ts';
import type { ColumnMapping } from './topic-task.ts';

/** Reads a field of a record as JSON. */
export type ReadJson = (record: SourceRecord) => string | Rejection;

/** Values that expressions have for records, computed before the records are read. */
export interface ComputedFields {
  compute(records: readonly SourceRecord[]): Promise<void>;
  /** As JSON; null where the expression answers nothing. */
  cell(expression: string, column: string): ReadJson;
}

/**
 * What the expressions of a mapping answer over a record: its fields by their names, numbers as numbers where JavaScript holds their digits, else as
 * their text.
 *
 * @throws InvalidSetting for a text that is no expression
 */
export function computedFields(
  mapping: 'by-name' | readonly ColumnMapping[],
  fields: readonly (readonly [name: string, read: ReadJson])[],
  compile: CompileExpression,
  where: string,
): ComputedFields | undefined {
  const entries = mapping === 'by-name' ? [] : mapping.filter((entry) => 'expression' in entry);
  const evaluate = new Map(
    entries.map(({ column, expression }) => [
      expression,
      compile(expression, `${where}: mapping[${column}]: expression`),
    ]),
  );
  const known = new WeakMap<SourceRecord, ReadonlyMap<string, string | Rejection>>();
  if (evaluate.size === 0) {
    return undefined;
  }

  return {
    // One after the other: an expression's time is its own.
    async compute(records) {
      for (const record of records) {
        const view = viewOf(record, fields);
        const values = new Map<string, string | Rejection>();
        for (const [expression, one] of evaluate) {
          values.set(expression, await one(view).then(jsonText).catch(refused));
        }
        known.set(record, values);
      }
    },
    cell: (expression, column) => (record) => {
      const value = known.get(record)?.get(expression) ?? new Rejection('expression', 'it was not computed');

      return value instanceof Rejection ? value.of(column) : value;
    },
  };
}

/** Each field is looked at when it is asked for: one that cannot be read is none of an expression's that does not name it. */
function viewOf(record: SourceRecord, fields: Parameters<typeof computedFields>[1]): unknown {
  const view = {};
  for (const [name, read] of fields) {
    Object.defineProperty(view, name, {
      enumerable: true,
      get() {
        const text = read(record);
        if (text instanceof Rejection) {
          throw new RangeError(text.reason);
        }

        return plain(parseJson(text));
      },
    });
  }

  return view;
}

/** Numbers that a double does not hold become their text. */
function plain(value: unknown): unknown {
  if (isExactNumber(value)) {
    return value.rawJSON;
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  }

  return value;
}

function jsonText(value: unknown): string | Rejection {
  if (value === undefined) {
    return 'null';
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return new Rejection('expression', `it answers ${value}, which JSON does not know`);
  }
  return isFunction(value)
    ? new Rejection('expression', 'it answers a function, which is no value')
    : JSON.stringify(value);
}

/** One that an expression defines is an object of the library's. */
function isFunction(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value))
  );
}

function refused(error: Error): Rejection {
  return new Rejection('expression', error.message.split('\n', 1)[0] ?? error.message);
}
