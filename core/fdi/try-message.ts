import { readerView } from '../mqs/envelope.ts';
import type { DocumentFeedPlan } from './document-feed-plan.ts';
import type { FeedPlan } from './feed-plan.ts';
import { loadOf } from './load.ts';
import type { MappedColumn } from './mapping.ts';
import { type PayloadParser, payloadForm, readPayload } from './message.ts';
import type { OutletPlan } from './outlet-plan.ts';
import type { TaskPlan } from './plan.ts';
import { Rejection } from './rejection.ts';
import { type Entry, envelopeOf } from './row.ts';
import { destinationText } from './run-destination.ts';
import type { DocumentRow } from './run-mongo-documents.ts';
import { type Parameter, textParameter } from './statement.ts';
import type { TopicTask } from './topic-task.ts';

/** What would become of one message. */
export type MessageTrial = TrialFacts &
  (
    | {
        readonly outcome: 'written';
        /** What the record itself gives, by column; texts as they are sent, null is NULL. */
        readonly row: Readonly<Record<string, string | null>>;
        /** The statement that would write it, and what is bound in it. */
        readonly sql: string;
        readonly parameters: Readonly<Record<string, string | number>>;
      }
    | { readonly outcome: 'quarantined'; readonly code: string; readonly reason: string }
  );

interface TrialFacts {
  readonly task: string;
  readonly table: string;
  readonly mappingVersion: string;
  /** Of the product's thing model, where the message was judged by one. */
  readonly modelVersion?: string;
  /** What of the model the message breaks although it would be written. */
  readonly warning?: string;
  /** What paths lead into; absent where the payload cannot be read. */
  readonly message?: unknown;
}

/**
 * Shows the way of one message through parsing, thing model and mapping to the statement that would run; touches no row.
 *
 * @param entry the message, read with the plan
 * @param batch a batch number, to be shown
 */
export function messageTrial(plan: TaskPlan, entry: Entry, batch: string, parser?: PayloadParser): MessageTrial {
  const { task, mappingVersion, statement } = plan;
  const bound = (rows: string) => [
    ...statement.constants,
    ...(statement.usesBatchNumber ? [textParameter('batch', batch)] : []),
    textParameter('rows', rows),
  ];
  const shown: Shown = (rows) => ({
    sql: statement.sql,
    parameters: Object.fromEntries(bound(rows).map(({ name, value }) => [name, contentOf(value)])),
  });

  return trialOf(
    { task, mappingVersion, cells: statement.cells, shown, ...(plan.fold && { fold: plan.fold }) },
    entry,
    parser,
  );
}

/** The same of a task into another database. Values are bound in the order of their numbers. */
export function feedTrial(plan: FeedPlan, entry: Entry, batch: string, parser?: PayloadParser): MessageTrial {
  const { task, mappingVersion, statements } = plan;
  const shown: Shown = (rows) => {
    const { sql, values } = statements.write(rows, batch);

    return { sql, parameters: Object.fromEntries(values.map((value, at) => [String(at + 1), value ?? ''])) };
  };

  return trialOf(
    { task, mappingVersion, cells: statements.cells, shown, ...(plan.fold && { fold: plan.fold }) },
    entry,
    parser,
  );
}

/** The same of a task into what knows no rows: what is sent, in place of a statement. */
export function outletTrial<Row extends object>(
  plan: OutletPlan<Row>,
  entry: Entry,
  parser?: PayloadParser,
): MessageTrial {
  const { task, moving, rowOf } = plan;
  const into = destinationText(task.target);
  const shown: Shown = () => ({
    sql: `sent to ${into}`,
    parameters: Object.fromEntries(
      Object.entries(rowOf(entry) ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
  });
  const { name, source } = task;

  return trialOf(
    {
      task: { name, source, target: { table: into } },
      ...{ mappingVersion: moving.mappingVersion, cells: moving.statement.cells, shown },
    },
    entry,
    parser,
  );
}

/** The same of a task into MongoDB: the command that would write the document. */
export function documentTrial(
  plan: DocumentFeedPlan,
  entry: Entry,
  show: (row: DocumentRow) => Readonly<Record<string, unknown>>,
  parser?: PayloadParser,
): MessageTrial {
  const { task, moving, mappingVersion, rowOf } = plan;
  const row = rowOf(entry);
  const { name, source, target } = task;
  const shown: Shown = () => ({
    sql: `written into ${target.collection}`,
    parameters: row === undefined ? {} : { command: JSON.stringify(show(row)) },
  });

  return trialOf(
    {
      task: { name, source, target: { table: target.collection } },
      ...{ mappingVersion, cells: moving.statement.cells, shown },
    },
    entry,
    parser,
  );
}

type Shown = (rows: string) => { readonly sql: string; readonly parameters: Readonly<Record<string, string | number>> };

/** What of a plan a trial shows. */
interface TrialPlan extends Pick<TaskPlan, 'mappingVersion' | 'fold'> {
  readonly task: Pick<TopicTask, 'name' | 'source'> & { readonly target: { readonly table: string } };
  readonly cells: readonly MappedColumn[];
  readonly shown: Shown;
}

function trialOf(plan: TrialPlan, entry: Entry, parser: PayloadParser | undefined): MessageTrial {
  const { task, mappingVersion, cells, shown } = plan;
  const message = messageOf(plan, entry, parser);
  const facts: TrialFacts = {
    ...{ task: task.name, table: task.target.table, mappingVersion },
    ...(entry.model !== undefined && { modelVersion: entry.model }),
    ...(entry.warning !== undefined && { warning: entry.warning }),
    ...(message !== undefined && { message }),
  };
  const { outcome } = entry;
  if (outcome instanceof Rejection) {
    return { ...facts, outcome: 'quarantined', code: outcome.code, reason: outcome.reason };
  }
  const [rows = '[]'] = loadOf(plan, [entry]).rows;
  return {
    ...facts,
    outcome: 'written',
    row: Object.fromEntries(cells.map(({ column }, at) => [column.name, outcome[at] ?? null])),
    ...shown(rows),
  };
}

function messageOf({ task: { source } }: TrialPlan, { record }: Entry, parser: PayloadParser | undefined): unknown {
  const envelope = envelopeOf(record);
  const payload = typeof envelope === 'string' ? undefined : readPayload(envelope, payloadForm(source), parser);

  return typeof envelope === 'string' || payload instanceof Rejection
    ? undefined
    : readerView(envelope, source, payload);
}

function contentOf(value: Parameter['value']): string | number {
  return 'stringValue' in value ? value.stringValue : value.longValue;
}
