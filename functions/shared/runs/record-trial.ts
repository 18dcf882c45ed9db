import { InvalidSetting } from '../../../core/errors.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { type RecordSample, type RecordsTrial, tryRecords } from '../../../core/fdi/try-records.ts';
import { BUDGET_MS, type ConsumerReply } from '../present-plan.ts';
import { readerOf } from './readers.ts';
import { targetOf } from './targets.ts';

/** What the management API asks the function of a scheduled task, which knows how its records become what is written. */
export interface RecordTrialQuestion {
  readonly tryRecords: RecordSample;
}

export type RecordTrialReply = ConsumerReply<RecordsTrial>;

export function isRecordTrial(event: object): event is RecordTrialQuestion {
  return 'tryRecords' in event;
}

/** Shows what would become of records. Writes nothing. */
export async function recordTrial(
  task: ScheduledTask,
  { tryRecords: sample }: RecordTrialQuestion,
): Promise<RecordTrialReply> {
  const [reader, target] = await Promise.all([readerOf(task), targetOf(task)]);
  try {
    return { answer: await tryRecords(task, { reader, target }, sample, BUDGET_MS) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof InvalidSetting) {
      return { refusal: { code: 'CAUSEWAY.0412', message } };
    }

    return { refusal: { code: 'APIC.0202', message: `The source or the target does not answer: ${message}` } };
  } finally {
    await Promise.all([reader.close(), target.close()]);
  }
}
