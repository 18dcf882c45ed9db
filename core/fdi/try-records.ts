import { maskFields } from '../mqs/mask-fields.ts';
import { Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import { destinationText } from './run-destination.ts';
import type { RunTarget, SourceReader, SourceRecord } from './run-ports.ts';
import { maskedFields } from './run-topic-target.ts';

/** What is tried: records that are given, or the first ones of the source. */
export type RecordSample = { readonly records: readonly unknown[] } | { readonly rows: number };

/** What would become of records of a scheduled task. */
export interface RecordsTrial {
  readonly task: string;
  readonly target: string;
  readonly mappingVersion: string;
  readonly records: readonly RecordTrial[];
}

export type RecordTrial = {
  readonly position: string;
  readonly record: unknown;
} & (
  | {
      readonly outcome: 'written';
      /** The row and its SQL, the message, or the request. */
      readonly written: Readonly<Record<string, unknown>>;
    }
  | { readonly outcome: 'quarantined'; readonly code: string; readonly reason: string }
);

/**
 * Shows the way of records to what would be written of them; writes nothing, and moves no place.
 *
 * @param timeMs for reading
 * @throws InvalidSetting for a task that cannot work, or what the source and target throw
 */
export async function tryRecords<Row>(
  task: ScheduledTask,
  { reader, target }: { readonly reader: SourceReader; readonly target: Pick<RunTarget<Row>, 'plan' | 'show'> },
  sample: RecordSample,
  timeMs: number,
): Promise<RecordsTrial> {
  const fields = await reader.fields();
  const plan = fields === undefined ? undefined : await target.plan(fields);
  const records = plan === undefined ? [] : await sampled(reader, sample, timeMs);
  const masked = maskedFields(task);
  await plan?.compute?.(records);

  return {
    ...{ task: task.name, target: destinationText(task.target), mappingVersion: plan?.version ?? '' },
    records: records.map((record) => {
      const outcome = record.rejection ?? plan?.read(record) ?? new Rejection('missing', 'the source has no fields');
      const facts = { position: record.position, record: shown(record.value, masked) };
      if (outcome instanceof Rejection) {
        return { ...facts, outcome: 'quarantined', code: outcome.code, reason: outcome.reason };
      }

      return { ...facts, outcome: 'written', written: target.show(outcome) };
    }),
  };
}

async function sampled(reader: SourceReader, sample: RecordSample, timeMs: number): Promise<readonly SourceRecord[]> {
  if ('records' in sample) {
    return sample.records.map((value, at) => ({ value, position: `sample ${at + 1}` }));
  }
  const { records } = await reader.read(await reader.begin(null), timeMs);

  return records.slice(0, sample.rows);
}

function shown(value: unknown, masked: readonly string[]): unknown {
  return masked.length === 0 ? value : JSON.parse(maskFields(JSON.stringify(value ?? null), masked) ?? 'null');
}
