import type { Invocation } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { MappingSettings } from '../lambda/event-source/mapping.ts';
import type { KafkaRecord } from './kafka-event.ts';
import { type KafkaVerdict, kafkaVerdict } from './kafka-verdict.ts';

/** AWS does not state its pauses; these double up to the second value. */
const PAUSE_MILLISECONDS = { first: 250, last: 5000 };

export interface DeliveryPorts {
  invoke(batch: readonly KafkaRecord[]): Promise<Invocation>;
  /** These records need not be sent again. */
  finish(records: readonly KafkaRecord[]): Promise<void>;
  /** These records are given up. */
  discard(records: readonly KafkaRecord[], condition: string): void;
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

/**
 * Sends a batch, of one partition or of several, until every record is done or given up, or the mapping stops. Nothing of its partitions goes
 * out meanwhile, so order is kept.
 */
export async function deliverBatch(
  topic: string,
  records: readonly KafkaRecord[],
  retry: Retry,
  ports: DeliveryPorts,
): Promise<void> {
  const queue: (readonly KafkaRecord[])[] = [records];
  let attempts = 0;
  let wait = PAUSE_MILLISECONDS.first;
  for (let batch = queue.shift(); batch !== undefined && !ports.stopped; batch = queue.shift()) {
    const kept = await withoutExpired(batch, retry, ports);
    if (kept.length === 0) continue;
    const verdict = await attempt(topic, kept, retry, ports);
    if (ports.stopped && verdict.kind !== 'done') return;
    ports.report(resultOf(verdict));
    if (verdict.kind === 'done') {
      await ports.finish(kept);
      attempts = 0;
      wait = PAUSE_MILLISECONDS.first;
      continue;
    }
    const rest = verdict.kind === 'partly done' ? verdict.rest : kept;
    const progress = rest.length < kept.length;
    if (progress) await ports.finish(without(kept, rest));
    const halves = verdict.kind === 'failed' && retry.bisectOnError && rest.length > 1 ? halvesOf(rest) : [rest];
    const free = verdict.kind === 'throttled' || halves.length > 1 || progress;
    if (!free) attempts += 1;
    if (!free && retry.maximumRetryAttempts >= 0 && attempts > retry.maximumRetryAttempts) {
      ports.discard(rest, 'RetryAttemptsExhausted');
      await ports.finish(rest);
      attempts = 0;
      continue;
    }
    queue.unshift(...halves);
    await ports.pause(progress ? 0 : wait);
    wait = progress ? PAUSE_MILLISECONDS.first : Math.min(wait * 2, PAUSE_MILLISECONDS.last);
  }
}

type Verdict = KafkaVerdict | { readonly kind: 'throttled'; readonly reason: string };

async function attempt(
  topic: string,
  batch: readonly KafkaRecord[],
  retry: Retry,
  ports: DeliveryPorts,
): Promise<Verdict> {
  try {
    return kafkaVerdict(topic, batch, await ports.invoke(batch), retry.reportItemFailures);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;

    // The function was not reached: throttled, or gone. That is not its failure and costs no attempt.
    return { kind: 'throttled', reason: `${error.code}: ${error.message}` };
  }
}

async function withoutExpired(
  batch: readonly KafkaRecord[],
  { maximumRecordAge }: Retry,
  ports: DeliveryPorts,
): Promise<readonly KafkaRecord[]> {
  if (maximumRecordAge < 0) return batch;
  const oldest = ports.now() - maximumRecordAge * 1000;
  const expired = batch.filter(({ timestamp }) => timestamp < oldest);
  if (expired.length === 0) return batch;
  ports.discard(expired, 'RecordAgeExceeded');
  await ports.finish(expired);

  return without(batch, expired);
}

function without(batch: readonly KafkaRecord[], some: readonly KafkaRecord[]): readonly KafkaRecord[] {
  const gone = new Set(some);

  return batch.filter((record) => !gone.has(record));
}

/** In order; both may hold records of the same partition, the earlier ones in the first. */
function halvesOf(batch: readonly KafkaRecord[]): readonly (readonly KafkaRecord[])[] {
  const middle = Math.ceil(batch.length / 2);

  return [batch.slice(0, middle), batch.slice(middle)];
}

/** The words of `LastProcessingResult`. */
function resultOf(verdict: Verdict): string {
  return verdict.kind === 'failed' || verdict.kind === 'throttled' ? 'PROBLEM: Function call failed' : 'OK';
}
