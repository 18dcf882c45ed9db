import { NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import { type DocumentTask, memberNames, memberTask } from './feed-task.ts';
import { parseJson } from './json.ts';
import { memberColumns } from './outlet-plan.ts';
import { planTask, type TaskPlan } from './plan.ts';
import { Rejection } from './rejection.ts';
import type { Cells, Entry, RecordReader } from './row.ts';
import type { DocumentPlan, DocumentRow } from './run-mongo-documents.ts';
import type { SourceField } from './run-ports.ts';
import type { TaskLanguages } from './task-languages.ts';
import type { MetadataType } from './topic-task.ts';

/** A real-time task joined with its collection: everything that is decided once and used for every record. */
export interface DocumentFeedPlan extends RecordReader {
  readonly task: DocumentTask;
  readonly mappingVersion: string;
  /** How messages become members, before these become documents. */
  readonly moving: TaskPlan;
  /** What is written of a record that it has read; undefined of one that is not. */
  rowOf(entry: Entry): DocumentRow | undefined;
}

/** What documents are made of: the members of messages, with the types that the source declares. */
export function memberFields(task: DocumentTask): readonly SourceField[] {
  const types = memberTypes(task);

  return memberNames(task).map((name) => ({ name, type: types.get(name) ?? 'json', path: [name] }));
}

/**
 * @param documents what makes documents of members
 * @throws InvalidSetting when task and collection do not go together
 */
export function planDocumentFeed(
  task: DocumentTask,
  documents: Pick<DocumentPlan, 'read' | 'version'>,
  models: Pick<ProductModels, 'of'> = NO_MODELS,
  languages: TaskLanguages = {},
): DocumentFeedPlan {
  const columns = memberColumns(memberNames(task));
  const moving = planTask(memberTask(task), columns, models, languages);
  const types = memberTypes(task);
  const names = moving.statement.cells.map(({ column }) => column.name);
  const constants =
    task.mapping === 'by-name'
      ? []
      : task.mapping.flatMap((one) => ('constant' in one ? [[one.column, JSON.stringify(one.constant)] as const] : []));
  const rows = new WeakMap<Cells, DocumentRow>();

  return Object.freeze({
    ...{ task, moving, mappingVersion: moving.mappingVersion },
    ...(moving.compute && { compute: moving.compute }),
    read(record, computed) {
      const entry = moving.read(record, computed);
      const { outcome: cells } = entry;
      if (cells instanceof Rejection) {
        return entry;
      }
      const texts = [...names.map((name, at) => [name, cells[at] ?? null] as const), ...constants];
      const value = Object.fromEntries(texts.map(([name, text]) => [name, memberOf(text, types.get(name) ?? 'json')]));
      const row = documents.read({ value, position: record.kinesis.sequenceNumber });
      if (row instanceof Rejection) {
        return { ...entry, outcome: row };
      }
      rows.set(cells, row);

      return entry;
    },
    rowOf: ({ outcome }) => (outcome instanceof Rejection ? undefined : rows.get(outcome)),
  } satisfies DocumentFeedPlan);
}

/** Of constants and of what is computed nobody has said a type: they are what JSON makes of them. */
function memberTypes({ source, mapping }: DocumentTask): ReadonlyMap<string, MetadataType> {
  const types = new Map(source.metadata.map(({ alias, type }) => [alias, type]));

  return mapping === 'by-name'
    ? types
    : new Map(
        mapping.flatMap((entry) => {
          const type = 'from' in entry ? types.get(entry.from) : undefined;

          return type === undefined ? [] : [[entry.column, type] as const];
        }),
      );
}

/** JSON stays a text, which whoever writes it parses; what has a type comes as its value. */
function memberOf(text: string | null, type: MetadataType): unknown {
  return text === null || type === 'json' ? text : parseJson(text);
}
