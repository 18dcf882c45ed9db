import { InvalidSetting, Refusal } from '../../core/errors.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { BUDGET_MS, type ConsumerReply, refusalOf } from './present-plan.ts';

/** Of what sends one record after the other: whether it is to begin with no more. */
export function replayBudget({
  getRemainingTimeInMillis,
}: Pick<InvocationContext, 'getRemainingTimeInMillis'>): () => boolean {
  const end = performance.now() + Math.min(BUDGET_MS / 2, getRemainingTimeInMillis() / 2);

  return () => performance.now() > end;
}

/** What a replay fails by, as its caller is told. */
export function replayFault(error: unknown): ConsumerReply<never> {
  if (error instanceof Refusal) {
    return refusalOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InvalidSetting) {
    return { refusal: { code: 'CAUSEWAY.0412', message: `Task and target do not go together: ${message}` } };
  }

  return {
    refusal: {
      code: 'APIC.0202',
      message: `What is not written is in the quarantine as before: the source or the target does not answer: ${message}`,
    },
  };
}
