import { EXIT, ManagementRefused } from '../errors.ts';
import type { Output } from '../screen/output.ts';
import { inParallel } from '../simulation/in-parallel.ts';

interface Outcome {
  /** The answer of the platform, or why it refused. */
  readonly result: unknown;
  readonly sentence: string;
  readonly refused: boolean;
}

/** Each call takes a second on the platform, which waits for log-ins that are on their way. */
const AT_ONCE = 8;

/**
 * Does one thing to several devices of a product, each on its own: a refusal of one is reported and does not keep the others. With `--json`
 * one list, in the order of the command line; a refused device has `error` in it.
 *
 * @returns the exit code: 1 when one was refused
 */
export async function eachDevice<T>(
  output: Output,
  { product, devices }: { readonly product: string; readonly devices: readonly string[] },
  work: (device: string) => Promise<T>,
  sentence: (answer: T, device: string) => string,
): Promise<number> {
  const outcomes = await inParallel([...new Set(devices)], AT_ONCE, (device) =>
    attempt(product, device, work, sentence),
  );
  const done = outcomes.filter(({ refused }) => !refused);
  const refusals = outcomes.filter(({ refused }) => refused);
  if (output.json || done.length > 0) {
    output.result(
      outcomes.map(({ result }) => result),
      () => done.map((outcome) => outcome.sentence).join('\n'),
    );
  }
  for (const refusal of refusals) {
    output.message(refusal.sentence);
  }

  return refusals.length > 0 ? EXIT.failed : EXIT.ok;
}

async function attempt<T>(
  product: string,
  device: string,
  work: (device: string) => Promise<T>,
  sentence: (answer: T, device: string) => string,
): Promise<Outcome> {
  try {
    const result = await work(device);

    return { result, sentence: sentence(result, device), refused: false };
  } catch (error) {
    if (!(error instanceof ManagementRefused)) throw error;
    const { message, code, requestId } = error;

    return {
      result: { product, device, error: { message, code, requestId } },
      sentence: `${device}: ${message}${code === undefined ? '' : ` (${code})`}`,
      refused: true,
    };
  }
}
