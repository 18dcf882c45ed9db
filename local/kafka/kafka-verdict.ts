import type { Invocation } from '../engines.ts';
import type { BatchVerdict } from '../lambda/event-source/batch-delivery.ts';
import { type KafkaRecord, partitionName } from './kafka-event.ts';

interface Identifier {
  readonly partition?: unknown;
  readonly offset?: unknown;
}

/**
 * Reads the answer to a batch as Lambda does: of each partition that is named everything from the lowest offset on is sent again; no list is
 * success; an identifier that is none fails the whole batch. Ref: lambda/latest/dg/kafka-retry-configurations
 */
export function kafkaVerdict(
  topic: string,
  batch: readonly KafkaRecord[],
  { payload, functionError }: Invocation,
  reportItemFailures: boolean,
): BatchVerdict<KafkaRecord> {
  if (functionError !== undefined) {
    const { errorType, errorMessage } = payload as { errorType?: string; errorMessage?: string };

    return { kind: 'failed', reason: `${errorType}: ${errorMessage}` };
  }
  const failures = (payload as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!reportItemFailures || (Array.isArray(failures) && failures.length === 0)) return { kind: 'done' };
  if (!Array.isArray(failures)) return { kind: 'failed', reason: 'batchItemFailures is no list' };
  const lowest = new Map<string, number>();
  for (const failure of failures) {
    const { partition, offset } = (failure as { itemIdentifier?: Identifier } | null)?.itemIdentifier ?? {};
    const known = batch.some((one) => partitionName(topic, one.partition) === partition && one.offset === offset);
    if (!known) return { kind: 'failed', reason: 'batchItemFailures names an item that is not in the batch' };
    const name = partition as string;
    lowest.set(name, Math.min(lowest.get(name) ?? Number.POSITIVE_INFINITY, offset as number));
  }

  return {
    kind: 'partly done',
    rest: batch.filter(
      (one) => one.offset >= (lowest.get(partitionName(topic, one.partition)) ?? Number.POSITIVE_INFINITY),
    ),
  };
}
