import { setTimeout as delay } from 'node:timers/promises';
import { Argument, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../core/platform/log-line.ts';
import { type Call, command } from './command.ts';
import type { LoggedLine } from './management/logs.ts';
import type { ManagementClient } from './management-client.ts';
import { logText } from './screen/log-text.ts';
import { decimalNumber, oneOf } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly since?: number;
  readonly level: LogLevel;
  readonly follow?: boolean;
  readonly interval: number;
}

const TEN_MINUTES_MS = 600_000;
/** CloudWatch takes lines late and out of order; what was shown already is known by its id. */
const OVERLAP_MS = 15_000;

export const taskLogs = command<Options>({
  path: 'task logs',
  summary: "show what a task's function has logged",
  details:
    'Time, level, message and what else a line says; with --json the lines as they were written. Lines of one message share its trace id.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option(
      '--since <time>',
      'from then on: how long ago (10m), or ISO 8601; 10 minutes ago unless given',
    ).argParser(moment()),
    new Option('--level <level>', "the least: debug (with Lambda's own lines), info, warn or error")
      .argParser(oneOf(...LOG_LEVELS))
      .default('info'),
    new Option('--follow', 'go on with new lines until Ctrl-C'),
    new Option('--interval <seconds>', 'how often --follow looks for new lines')
      .argParser(decimalNumber({ above: 0, max: 300 }))
      .default(2),
  ],
  examples: [
    ['causeway task logs ParkingHistory', 'the last 10 minutes'],
    ['causeway task logs ParkingHistory --since 1d --level warn', 'what went wrong since yesterday'],
    ['causeway task logs ParkingHistory --follow', 'as it happens'],
  ],
  platform: true,
  async run(call) {
    const { args, options, platform, context } = call;
    const [task] = args as [string];
    const { since = Date.now() - TEN_MINUTES_MS, level, follow } = options;
    const { client } = await platform();
    const interrupted = new AbortController();
    const release = follow === true ? context.onInterrupt(() => interrupted.abort()) : () => undefined;
    try {
      const shown = await print(call, lines(client, task, { since, level }));
      if (follow === true) {
        await followOn(call, client, { task, level, shown }, interrupted.signal);
      } else if (shown.length === 0 && !call.output.json) {
        call.output.message(`No lines of level ${level} or above since ${new Date(since).toISOString()}.`);
      }
    } finally {
      release();
    }
    return undefined;
  },
});

async function* lines(
  client: ManagementClient,
  task: string,
  query: { readonly since: number; readonly level: string },
): AsyncGenerator<LoggedLine> {
  let next: string | undefined;
  do {
    const page = await client.taskLogs(task, { ...query, ...(next !== undefined && { next }) });
    yield* page.items;
    next = page.next;
  } while (next !== undefined);
}

/** Prints the lines that are not known yet, and answers all of them. */
async function print(
  { output, context }: Call<Options>,
  found: AsyncIterable<LoggedLine>,
  known: ReadonlySet<string> = new Set(),
): Promise<LoggedLine[]> {
  const all: LoggedLine[] = [];
  for await (const line of found) {
    all.push(line);
    if (!known.has(line.id)) {
      context.stdout.write(`${output.json ? line.text.trimEnd() : logText(line.text, line.time, output)}\n`);
    }
  }

  return all;
}

interface Following {
  readonly task: string;
  readonly level: string;
  readonly shown: readonly LoggedLine[];
}

async function followOn(
  call: Call<Options>,
  client: ManagementClient,
  { task, level, shown }: Following,
  signal: AbortSignal,
): Promise<void> {
  let recent = shown;
  let last = recent.reduce((latest, { time }) => Math.max(latest, Date.parse(time)), Date.now() - OVERLAP_MS);
  while (!signal.aborted) {
    await delay(call.options.interval * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const since = last - OVERLAP_MS;
    recent = await print(call, lines(client, task, { since, level }), new Set(recent.map(({ id }) => id)));
    last = recent.reduce((latest, { time }) => Math.max(latest, Date.parse(time)), last);
  }
}
