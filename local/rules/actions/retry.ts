import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from '../../errors.ts';

/** What a service answers when the same call may work a moment later. */
const INTERMITTENT = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'InternalFailure',
  'InternalServerError',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
]);

/**
 * "The rules engine might make multiple attempts to perform an action in case of intermittent errors": AWS names no numbers,
 * these are ours. Five attempts over 1.5 s outlast a shard's throttled second.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-actions.html
 */
const DELAYS_MS = [100, 200, 400, 800] as const;

export async function withRetries<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  delays: readonly number[] = DELAYS_MS,
): Promise<T> {
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AwsError && INTERMITTENT.has(error.code)) || signal.aborted) throw error;
    }
    await sleep(delay, undefined, { signal });
  }

  return attempt();
}
