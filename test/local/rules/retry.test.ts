import { expect, test } from '@jest/globals';
import { AwsError } from '../../../local/errors.ts';
import { withRetries } from '../../../local/rules/actions/retry.ts';

const throttled = new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded for shard');
const denied = new AwsError('AccessDeniedException', 'no');

/** Throws the faults one after the other, then answers how often it was asked. */
function failing(...faults: readonly Error[]) {
  let calls = 0;
  return async () => {
    const fault = faults[calls];
    calls += 1;
    if (fault !== undefined) throw fault;
    return calls;
  };
}

test('an intermittent fault is tried again as often as there are delays', async () => {
  const { signal } = new AbortController();

  expect(await withRetries(failing(throttled, throttled), signal, [0, 0])).toBe(3);
  await expect(withRetries(failing(throttled, throttled, throttled), signal, [0, 0])).rejects.toBe(throttled);
});

test('a fault that stays is not tried again', async () => {
  await expect(withRetries(failing(denied), new AbortController().signal, [0, 0])).rejects.toBe(denied);
});

test('whoever stops does not wait', async () => {
  const stopping = new AbortController();
  const outcome = withRetries(failing(throttled), stopping.signal, [1_000_000]);

  stopping.abort();

  await expect(outcome).rejects.toBe(throttled);
});
