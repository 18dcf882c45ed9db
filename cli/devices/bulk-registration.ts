import { generatePassword } from '../../core/link/password.ts';
import type { BatchDevice, BatchOutcome } from '../../core/link/register-devices.ts';
import { CommandFailed, ManagementRefused } from '../errors.ts';
import type { DeviceBatchOperations } from '../management/device-batches.ts';
import { inParallel } from '../simulation/in-parallel.ts';
import type { FileLine } from './device-file.ts';
import type { Pace } from './pace.ts';
import type { LineResult, ResultFile } from './result-file.ts';

export interface BulkRegistration {
  readonly product: string;
  readonly lines: readonly FileLine[];
  readonly results: ResultFile;
  readonly client: DeviceBatchOperations;
  readonly pace: Pace;
  readonly pause: (ms: number) => Promise<unknown>;
  /** True as soon as somebody wants it to end: what is under way is finished, nothing more is begun. */
  readonly interrupted: () => boolean;
  /** After every batch. */
  readonly progress: (counts: BulkCounts) => void;
}

export interface BulkCounts {
  readonly lines: number;
  /** In this run or an earlier one. */
  readonly registered: number;
  /** Of them, in an earlier run. */
  readonly before: number;
  readonly refused: number;
  /** Not sent, or sent without an answer. */
  readonly open: number;
}

/** Why it ended before its end. */
export interface BulkOutcome {
  readonly results: readonly LineResult[];
  readonly counts: BulkCounts;
  readonly failure?: CommandFailed;
}

interface Job {
  readonly line: number;
  readonly device: BatchDevice & { readonly password: string };
}

/** Devices of one call, and calls under way: two seconds of hashing each, on as many cores of the platform. */
const BATCH = 25;
const CALLS = 4;
/** Between attempts at a call that was not answered, throttled or met a fault: 47 s in all. */
const PAUSES_MS = [1000, 2000, 4000, 10_000, 30_000] as const;

/**
 * Registers the devices of a file, batch by batch. Each password is in the result file before it is sent, so that the same line can be sent
 * again, whatever became of the first attempt: the platform knows a registration by its password. Lines that an earlier run has registered are
 * not sent.
 */
export async function registerInBulk(work: BulkRegistration): Promise<BulkOutcome> {
  const { product, lines, results, progress } = work;
  const outcomes = new Map<number, LineResult>();
  const jobs: Job[] = [];
  for (const entry of lines) {
    const job = prepare(work, entry, outcomes);
    if (job !== undefined) {
      jobs.push(job);
    }
  }
  const before = count(outcomes.values(), 'registered');
  const counts = (): BulkCounts => {
    const registered = count(outcomes.values(), 'registered');
    const refused = count(outcomes.values(), 'refused');

    return { lines: lines.length, registered, before, refused, open: lines.length - registered - refused };
  };
  progress(counts());
  let failure: CommandFailed | undefined;
  await inParallel(batchesOf(jobs), CALLS, async (batch) => {
    if (work.interrupted() || failure !== undefined) {
      return;
    }
    try {
      await registerBatch(work, batch, outcomes);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      failure ??= error;
    }
    progress(counts());
  });
  const final = lines.map((entry) => outcomes.get(entry.line) ?? waiting(product, entry));
  await results.finish(final);

  return { results: final, counts: counts(), ...(failure !== undefined && { failure }) };
}

/** What is to be sent of a line; nothing when its outcome is known already. */
function prepare(
  { product, results }: BulkRegistration,
  entry: FileLine,
  outcomes: Map<number, LineResult>,
): Job | undefined {
  const { line } = entry;
  if (!('device' in entry)) {
    outcomes.set(line, { line, product, device: entry.name ?? '', outcome: 'refused', error: entry.problem });
    return undefined;
  }
  const { device } = entry;
  const earlier = results.known.get(device.device);
  if (earlier?.outcome === 'registered') {
    outcomes.set(line, { ...earlier, line });
    return undefined;
  }
  // What was sent before comes first: the device may be registered with it.
  const password =
    (earlier?.outcome === 'sent' ? earlier.password : undefined) ?? device.password ?? generatePassword();
  if (earlier?.outcome === 'sent') {
    outcomes.set(line, sent(product, { line, device: { ...device, password } }));
  }

  return { line, device: { ...device, password } };
}

async function registerBatch(
  work: BulkRegistration,
  jobs: readonly Job[],
  outcomes: Map<number, LineResult>,
): Promise<void> {
  const { product, client, pace, pause, results } = work;
  const keep = async (kept: readonly LineResult[]) => {
    await results.append(kept);
    for (const result of kept) outcomes.set(result.line, result);
  };
  await keep(jobs.map((job) => sent(product, job)));
  let left = jobs;
  for (let attempt = 0; ; attempt += 1) {
    await pace(left.length);
    const answer = await attempted(() =>
      client.registerDevices(
        product,
        left.map(({ device }) => device),
      ),
    );
    if (!(answer instanceof CommandFailed)) {
      const answered = left.map((job, index) => [job, answer[index]] as const);
      await keep(answered.flatMap(([job, outcome]) => resultOf(product, job, outcome) ?? []));
      left = answered.flatMap(([job, outcome]) => (outcome?.outcome === 'throttled' ? [job] : []));
      if (left.length === 0) {
        return;
      }
    }
    const wait = PAUSES_MS[attempt];
    if (wait === undefined || work.interrupted()) {
      throw answer instanceof CommandFailed
        ? answer
        : new CommandFailed('AWS IoT asks to be called less often: choose a lower --rate.');
    }
    await pause(wait);
  }
}

/** A failure that may pass is answered; one that will be the same next time is thrown. */
async function attempted(
  call: () => Promise<readonly BatchOutcome[]>,
): Promise<readonly BatchOutcome[] | CommandFailed> {
  try {
    return await call();
  } catch (error) {
    const passes = error instanceof ManagementRefused ? error.status === 429 || error.status >= 500 : true;
    if (error instanceof CommandFailed && passes) {
      return error;
    }
    throw error;
  }
}

function resultOf(product: string, { line, device }: Job, outcome: BatchOutcome | undefined): LineResult | undefined {
  if (outcome === undefined || outcome.outcome === 'throttled') {
    return undefined;
  }
  const at = { line, product, device: device.device };
  if (outcome.outcome === 'refused') {
    const { code, message } = outcome.error;

    return { ...at, outcome: 'refused', code, error: message };
  }
  const { clientId, username, password, publish, subscribe } = outcome;

  return { ...at, outcome: 'registered', clientId, username, password, publish, subscribe };
}

function sent(product: string, { line, device }: Job): LineResult {
  return { line, product, device: device.device, outcome: 'sent', password: device.password };
}

function waiting(product: string, entry: FileLine): LineResult {
  const device = 'device' in entry ? entry.device.device : (entry.name ?? '');

  return { line: entry.line, product, device, outcome: 'waiting' };
}

function batchesOf(jobs: readonly Job[]): Job[][] {
  return Array.from({ length: Math.ceil(jobs.length / BATCH) }, (_, index) =>
    jobs.slice(index * BATCH, (index + 1) * BATCH),
  );
}

function count(results: Iterable<LineResult>, outcome: LineResult['outcome']): number {
  let found = 0;
  for (const result of results) {
    if (result.outcome === outcome) found += 1;
  }

  return found;
}
