import { readerView } from '../mqs/envelope.ts';
import { loadOf } from './load.ts';
import { type PayloadParser, payloadForm, readPayload } from './message.ts';
import type { TaskPlan } from './plan.ts';
import { Rejection } from './rejection.ts';
import { type Entry, envelopeOf } from './row.ts';
import { type Parameter, textParameter } from './statement.ts';

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
  const bound = [
    ...statement.constants,
    ...(statement.usesBatchNumber ? [textParameter('batch', batch)] : []),
    textParameter('rows', rows),
  ];

  return {
    ...facts,
    outcome: 'written',
    row: Object.fromEntries(statement.cells.map(({ column }, at) => [column.name, outcome[at] ?? null])),
    sql: statement.sql,
    parameters: Object.fromEntries(bound.map(({ name, value }) => [name, contentOf(value)])),
  };
}

function messageOf({ task: { source } }: TaskPlan, { record }: Entry, parser: PayloadParser | undefined): unknown {
  const envelope = envelopeOf(record);
  const payload = typeof envelope === 'string' ? undefined : readPayload(envelope, payloadForm(source), parser);

  return typeof envelope === 'string' || payload instanceof Rejection
    ? undefined
    : readerView(envelope, source, payload);
}

function contentOf(value: Parameter['value']): string | number {
  return 'stringValue' in value ? value.stringValue : value.longValue;
}
