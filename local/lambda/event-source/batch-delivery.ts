import type { Invocation, StreamRecord } from '../../engines.ts';
import { AwsError } from '../../errors.ts';
import { type BatchVerdict, batchVerdict } from './batch-response.ts';
import type { Discarded } from './failure-destination.ts';
import type { MappingSettings } from './mapping.ts';

/** AWS does not state its pauses; these double up to the second value. */
const PAUSE_MILLISECONDS = { first: 250, last: 5000 };

export interface DeliveryPorts {
  invoke(records: readonly StreamRecord[]): Promise<Invocation>;
  /** These records need not be sent again. */
  finish(records: readonly StreamRecord[]): Promise<void>;
  /** These records are given up. */
  discard(records: readonly StreamRecord[], condition: Discarded['condition'], attempts: number): Promise<void>;
  /** The function died over these records: they are sent again in halves. */
  halve(records: readonly StreamRecord[], reason: string): void;
  report(result: string): void;
  /** Resolves after the pause, or at once when the mapping stops. */
  pause(milliseconds: number): Promise<void>;
  now(): number;
  readonly stopped: boolean;
}

type Retry = Pick<
  MappingSettings,
  'bisectOnError' | 'maximumRecordAge' | 'maximumRetryAttempts' | 'reportItemFailures'
>;

/** Sends a batch until every record is done or given up, or the mapping stops. Order within the batch is kept. */
export async function deliverBatch(
  records: readonly StreamRecord[],
  retry: Retry,
  ports: DeliveryPorts,
): Promise<void> {
  const queue: (readonly StreamRecord[])[] = [records];
  let attempts = 0;
  let wait = PAUSE_MILLISECONDS.first;
  while (queue.length > 0 && !ports.stopped) {
    const batch = await dropExpired(queue.shift() as readonly StreamRecord[], attempts, retry, ports);
    if (batch.length === 0) {
      attempts = 0;
      continue;
    }
    const verdict = await attempt(batch, retry, ports);
    if (ports.stopped && verdict.kind !== 'done') return;
    ports.report(resultOf(verdict));
    if (verdict.kind === 'done') {
      await ports.finish(batch);
      attempts = 0;
      wait = PAUSE_MILLISECONDS.first;
      continue;
    }
    const rest = verdict.kind === 'partly done' ? batch.slice(verdict.unwritten) : batch;
    const progress = rest.length < batch.length;
    if (progress) await ports.finish(batch.slice(0, batch.length - rest.length));
    const halves = verdict.kind === 'failed' && retry.bisectOnError ? split(rest) : [rest];
    if (verdict.kind === 'failed' && halves.length > 1) ports.halve(rest, verdict.reason);
    // Splitting, at the middle or at the reported record, costs none of the attempts.
    const free = verdict.kind === 'throttled' || halves.length > 1 || (progress && retry.bisectOnError);
    if (!free) attempts += 1;
    if (!free && retry.maximumRetryAttempts >= 0 && attempts > retry.maximumRetryAttempts) {
      await ports.discard(rest, 'RetryAttemptsExhausted', attempts);
      await ports.finish(rest);
      attempts = 0;
      continue;
    }
    queue.unshift(...halves);
    if (progress) wait = PAUSE_MILLISECONDS.first;
    else {
      await ports.pause(wait);
      wait = Math.min(wait * 2, PAUSE_MILLISECONDS.last);
    }
  }
}

type Verdict = BatchVerdict | { readonly kind: 'throttled'; readonly reason: string };

async function attempt(batch: readonly StreamRecord[], retry: Retry, ports: DeliveryPorts): Promise<Verdict> {
  try {
    return batchVerdict(batch, await ports.invoke(batch), retry.reportItemFailures);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;

    // The function was not reached: throttled, or gone. That is not its failure and costs no attempt.
    return { kind: 'throttled', reason: `${error.code}: ${error.message}` };
  }
}

async function dropExpired(
  batch: readonly StreamRecord[],
  attempts: number,
  { maximumRecordAge }: Retry,
  ports: DeliveryPorts,
): Promise<readonly StreamRecord[]> {
  if (maximumRecordAge < 0) return batch;
  const oldest = ports.now() - maximumRecordAge * 1000;
  const keep = batch.findIndex((record) => record.approximateArrivalTimestamp >= oldest);
  const expired = keep < 0 ? batch : batch.slice(0, keep);
  if (expired.length === 0) return batch;
  await ports.discard(expired, 'RecordAgeExceeded', attempts);
  await ports.finish(expired);

  return batch.slice(expired.length);
}

function split(batch: readonly StreamRecord[]): readonly (readonly StreamRecord[])[] {
  if (batch.length < 2) return [batch];
  const middle = Math.ceil(batch.length / 2);

  return [batch.slice(0, middle), batch.slice(middle)];
}

/** The words of `LastProcessingResult`. */
function resultOf(verdict: Verdict): string {
  return verdict.kind === 'failed' || verdict.kind === 'throttled' ? 'PROBLEM: Function call failed' : 'OK';
}
