import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../command.ts';
import { CommandFailed, EXIT } from '../errors.ts';
import { createProgress } from '../screen/progress.ts';
import { countText } from '../screen/words.ts';
import { type BulkCounts, type BulkOutcome, registerInBulk } from './bulk-registration.ts';
import { parseDeviceFile } from './device-file.ts';
import { pace } from './pace.ts';
import { openResultFile } from './result-file.ts';

export interface RegisterFileOptions {
  readonly file: string;
  readonly results?: string;
  /** Devices a second. */
  readonly rate: number;
  readonly dryRun?: boolean;
}

/** Refusals that are shown; the result file has them all. */
const SHOWN = 10;

/** `device register --file`: the devices of a file, into a file of results. */
export async function registerFile(
  { output, context, platform }: Call<unknown>,
  product: string,
  options: RegisterFileOptions,
): Promise<number> {
  const file = resolve(context.cwd, options.file);
  const lines = parseDeviceFile(await contentOf(file), /\.(jsonl|ndjson|json)$/i.test(file) ? 'jsonl' : 'csv');
  if (options.dryRun === true) {
    const problems = lines.flatMap((entry) => ('device' in entry ? [] : [entry]));
    output.result({ file, lines: lines.length, problems }, () =>
      [
        `${countText(lines.length - problems.length)} of ${countText(lines.length)} devices can be registered.`,
        ...problems.map(({ line, problem }) => `line ${line}: ${problem}`),
      ].join('\n'),
    );

    return problems.length > 0 ? EXIT.failed : EXIT.ok;
  }
  const { client } = await platform();
  const place = resolve(context.cwd, options.results ?? `${options.file.replace(/\.\w+$/, '')}.results.csv`);
  const results = await openResultFile(place);
  const bar = createProgress(output, 'registering', lines.length, '{value}/{total} registered, {refused} refused');
  let interrupted = false;
  const release = context.onInterrupt(() => {
    if (interrupted) {
      context.exitNow(130);
    }
    interrupted = true;
  });
  const startedAt = performance.now();
  try {
    const outcome = await registerInBulk({
      ...{ product, lines, results, client, pause },
      pace: pace(options.rate, pause, () => performance.now()),
      interrupted: () => interrupted,
      progress: ({ registered, refused }) => bar.update(registered, { refused }),
    });
    bar.stop();
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    output.result({ file, results: place, ...outcome.counts, seconds }, () => summary(outcome.counts, place, seconds));
    report(outcome, output.message);

    return outcome.counts.refused + outcome.counts.open > 0 ? EXIT.failed : EXIT.ok;
  } finally {
    bar.stop();
    release();
    await results.close();
  }
}

function summary({ lines, registered, before, refused, open }: BulkCounts, place: string, seconds: number): string {
  const rest = [
    ...(before > 0 ? [`${countText(before)} of them in an earlier run`] : []),
    ...(refused > 0 ? [`${countText(refused)} refused`] : []),
    ...(open > 0 ? [`${countText(open)} not registered yet`] : []),
  ];

  return [
    `${countText(registered)} of ${countText(lines)} devices are registered${rest.length > 0 ? ` (${rest.join(', ')})` : ''}, in ${seconds} s.`,
    `Passwords and outcomes: ${place}`,
  ].join('\n');
}

function report({ results, counts, failure }: BulkOutcome, message: (text: string) => void): void {
  const refused = results.filter(({ outcome }) => outcome === 'refused');
  for (const { line, error } of refused.slice(0, SHOWN)) {
    message(`line ${line}: ${error}`);
  }
  if (refused.length > SHOWN) {
    message(`… and ${countText(refused.length - SHOWN)} more, in the result file.`);
  }
  if (failure !== undefined) {
    message(failure.message);
  }
  if (counts.open > 0) {
    message('Run the same command again: it goes on where it ended.');
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    const why = cause instanceof TypeError ? 'it is not UTF-8' : (cause as Error).message;
    throw new CommandFailed(`${file} cannot be read: ${why}`, { cause });
  }
}
