import type { Invocation } from '../../engines.ts';
import { AwsError } from '../../errors.ts';
import type { Discarded } from './failure-destination.ts';
import type { MappingSettings } from './mapping.ts';

/** AWS does not state its pauses; these double up to the second value. */
const PAUSE_MILLISECONDS = { first: 250, last: 5000 };

/** What a function said about a batch. `rest`: what is to be sent again, in order. */
export type BatchVerdict<Item> =
  | { readonly kind: 'done' }
  | { readonly kind: 'partly done'; readonly rest: readonly Item[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** Of a shard's records, or of those of a Kafka topic's partitions. */
export interface DeliveryPorts<Item> {
  invoke(batch: readonly Item[]): Promise<Invocation>;
  /** Reads the answer to a batch. */
  verdict(batch: readonly Item[], answer: Invocation): BatchVerdict<Item>;
  /** When a record arrived, milliseconds since the epoch. */
  arrivedAt(item: Item): number;
  /** These records need not be sent again. */
  finish(items: readonly Item[]): Promise<void>;
  /** These records are given up. */
  discard(items: readonly Item[], condition: Discarded['condition'], attempts: number): Promise<void>;
  /** The function died over these records: they are sent again in halves. */
  halve(items: readonly Item[], reason: string): void;
  report(result: string): void;
  /** Resolves after the pause, or at once when the mapping stops. */
  pause(milliseconds: number): Promise<void>;
  now(): number;
  readonly stopped: boolean;
}

type Retry = Pick<MappingSettings, 'bisectOnError' | 'maximumRecordAge' | 'maximumRetryAttempts'>;

/**
 * Sends a batch until every record is done or given up, or the mapping stops. Nothing of its shard or partitions goes out meanwhile, so order is
 * kept.
 */
export async function deliverBatch<Item>(
  records: readonly Item[],
  retry: Retry,
  ports: DeliveryPorts<Item>,
): Promise<void> {
  const queue: (readonly Item[])[] = [records];
  let attempts = 0;
  let wait = PAUSE_MILLISECONDS.first;
  for (let next = queue.shift(); next !== undefined && !ports.stopped; next = queue.shift()) {
    const batch = await withoutExpired(next, attempts, retry, ports);
    if (batch.length === 0) {
      attempts = 0;
      continue;
    }
    const verdict = await attempt(batch, ports);
    if (ports.stopped && verdict.kind !== 'done') return;
    ports.report(resultOf(verdict));
    if (verdict.kind === 'done') {
      await ports.finish(batch);
      attempts = 0;
      wait = PAUSE_MILLISECONDS.first;
      continue;
    }
    const rest = verdict.kind === 'partly done' ? verdict.rest : batch;
    const progress = rest.length < batch.length;
    if (progress) await ports.finish(without(batch, rest));
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

type Verdict<Item> = BatchVerdict<Item> | { readonly kind: 'throttled'; readonly reason: string };

async function attempt<Item>(batch: readonly Item[], ports: DeliveryPorts<Item>): Promise<Verdict<Item>> {
  try {
    return ports.verdict(batch, await ports.invoke(batch));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;

    // The function was not reached: throttled, or gone. That is not its failure and costs no attempt.
    return { kind: 'throttled', reason: `${error.code}: ${error.message}` };
  }
}

async function withoutExpired<Item>(
  batch: readonly Item[],
  attempts: number,
  { maximumRecordAge }: Retry,
  ports: DeliveryPorts<Item>,
): Promise<readonly Item[]> {
  if (maximumRecordAge < 0) return batch;
  const oldest = ports.now() - maximumRecordAge * 1000;
  const expired = batch.filter((item) => ports.arrivedAt(item) < oldest);
  if (expired.length === 0) return batch;
  await ports.discard(expired, 'RecordAgeExceeded', attempts);
  await ports.finish(expired);

  return without(batch, expired);
}

function without<Item>(batch: readonly Item[], some: readonly Item[]): readonly Item[] {
  const gone = new Set(some);

  return batch.filter((item) => !gone.has(item));
}

/** In order; both may hold records of the same partition, the earlier ones in the first. */
function split<Item>(batch: readonly Item[]): readonly (readonly Item[])[] {
  if (batch.length < 2) return [batch];
  const middle = Math.ceil(batch.length / 2);

  return [batch.slice(0, middle), batch.slice(middle)];
}

/** The words of `LastProcessingResult`. */
function resultOf({ kind }: Verdict<unknown>): string {
  return kind === 'failed' || kind === 'throttled' ? 'PROBLEM: Function call failed' : 'OK';
}
