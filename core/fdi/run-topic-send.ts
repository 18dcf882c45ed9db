import { Buffer } from 'node:buffer';
import type { PutOutcome, TopicEntry } from '../mqs/produce-messages.ts';
import { NotTaken, type Sending } from './run-outlet.ts';

/** What a stream is written by, and what passes meanwhile. */
export interface TopicPorts {
  /** One PutRecords, sent once; what became of each, in their order. */
  readonly put: (entries: readonly TopicEntry[]) => Promise<readonly PutOutcome[]>;
  readonly pause: (ms: number) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Of one call: 500 records (D:kinesis/latest/APIReference/API_PutRecords). Of the 10 MiB it takes, so much that base64 and JSON fit beside it. */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;
/** Between attempts of which none got a record in; used up, the run waits. Together less than the half minute a page has at the end. */
const WAITS_MS: readonly number[] = [100, 200, 400, 800, 1600, 3200, 5000];
/** Nothing the next attempt changes. */
const LASTING =
  /^(?:ResourceNotFound|AccessDenied|KMS(?:AccessDenied|Disabled|NotFound|InvalidState)|InvalidArgument|Validation)/;

/**
 * Writes entries until the stream has acknowledged all of them. PutRecords keeps no order within a call, and may take some records and not
 * others: so of each key one record at most is under way, and the next one follows when it is there. What nobody answered for is sent again.
 *
 * @throws NotTaken, or what `hold` throws; what was acknowledged before has been told
 */
export async function sendInOrder<Row extends TopicEntry>(
  rows: readonly Row[],
  { put, pause, random }: TopicPorts,
  { hold, acknowledged }: Pick<Sending<Row>, 'hold' | 'acknowledged'>,
): Promise<void> {
  const queues = Map.groupBy(rows, ({ key }) => key);
  for (let failures = 0; queues.size > 0; ) {
    await hold();
    const heads = headsOf(queues);
    const outcomes = await put(heads);
    let taken = 0;
    let failure: Extract<PutOutcome, { error: string }> | undefined;
    for (const [index, row] of heads.entries()) {
      const outcome = outcomes[index] ?? { error: 'NoAnswer', message: 'the stream says nothing of the record' };
      if ('error' in outcome) {
        failure = worse(failure, outcome);
        continue;
      }
      taken += 1;
      acknowledged(row);
      const queue = queues.get(row.key);
      queue?.shift();
      if (queue?.length === 0) {
        queues.delete(row.key);
      }
    }
    if (failure === undefined) {
      failures = 0;
      continue;
    }
    failures = taken > 0 ? 1 : failures + 1;
    const wait = LASTING.test(failure.error) ? undefined : WAITS_MS[failures - 1];
    if (wait === undefined) {
      throw new NotTaken(faultOf(failure));
    }
    await pause(wait * (0.5 + random() / 2));
  }
}

/** The first of each key, as many as one call takes. */
function headsOf<Row extends TopicEntry>(queues: ReadonlyMap<string, readonly Row[]>): readonly Row[] {
  const heads: Row[] = [];
  let bytes = 0;
  for (const [head] of queues.values()) {
    if (head === undefined || heads.length === MAX_RECORDS) {
      continue;
    }
    const size = head.data.length + Buffer.byteLength(head.key);
    if (heads.length > 0 && bytes + size > MAX_BYTES) {
      break;
    }
    heads.push(head);
    bytes += size;
  }

  return heads;
}

/** What lasts is worth more words than what passes. */
function worse<Outcome extends { readonly error: string }>(one: Outcome | undefined, other: Outcome): Outcome {
  return one !== undefined && (LASTING.test(one.error) || !LASTING.test(other.error)) ? one : other;
}

function faultOf({ error, message }: Extract<PutOutcome, { error: string }>) {
  const lasting = LASTING.test(error);
  const advice =
    error === 'ProvisionedThroughputExceededException'
      ? 'a partition takes 1,000 messages or 1 MiB a second: more partitions, or keys that spread more'
      : message;

  return {
    kind: lasting ? ('lasting' as const) : ('passing' as const),
    message: `the topic took no more: ${error}: ${advice}`,
  };
}
