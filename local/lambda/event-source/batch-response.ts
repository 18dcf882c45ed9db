import type { Invocation, StreamRecord } from '../../engines.ts';
import type { BatchVerdict } from './batch-delivery.ts';

/**
 * Reads the answer to a batch as Lambda does: the lowest reported sequence number counts and everything from it on is
 * sent again; no list is success; an identifier that is none fails the whole batch.
 * Ref: lambda/latest/dg/services-kinesis-batchfailurereporting
 */
export function batchVerdict(
  records: readonly StreamRecord[],
  { payload, functionError }: Invocation,
  reportItemFailures: boolean,
): BatchVerdict<StreamRecord> {
  if (functionError !== undefined) {
    const { errorType, errorMessage } = payload as { errorType?: string; errorMessage?: string };

    return { kind: 'failed', reason: `${errorType}: ${errorMessage}` };
  }
  if (!reportItemFailures) return { kind: 'done' };
  const failures = (payload as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return { kind: 'failed', reason: 'batchItemFailures is no list' };
  if (failures.length === 0) return { kind: 'done' };
  const indexes = failures.map((failure) =>
    indexOf(records, (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier),
  );
  if (indexes.includes(-1)) {
    return { kind: 'failed', reason: 'batchItemFailures names an item that is not in the batch' };
  }
  return { kind: 'partly done', rest: records.slice(Math.min(...indexes)) };
}

function indexOf(records: readonly StreamRecord[], identifier: unknown): number {
  return records.findIndex(({ sequenceNumber }) => sequenceNumber === identifier);
}
