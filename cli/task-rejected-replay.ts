import { setTimeout as pause } from 'node:timers/promises';
import { Argument, Option } from 'commander';
import { type Call, command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import type { ReplayedRejected } from './management/rejected.ts';
import type { ManagementClient } from './management-client.ts';
import { patiently } from './patiently.ts';
import { createProgress } from './screen/progress.ts';
import { countText } from './screen/words.ts';
import { several, wholeNumber } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly id?: readonly number[];
  readonly all?: true;
  readonly code?: string;
  readonly device?: string;
  readonly reason?: string;
  readonly column?: string;
  readonly since?: number;
  readonly until?: number;
  readonly overwrite?: true;
}

/** Refusals that are shown; with --json all are there. */
const SHOWN = 10;
const IDS_AT_ONCE = 1000;

export const taskRejectedReplay = command<Options>({
  path: 'task rejected replay',
  summary: 'write what a task could not write, by its present mapping and models',
  details:
    'Of every task, whatever it writes into. What is written leaves the quarantine and counts as written in the ledger; what is refused again stays, with the new reason. ' +
    'A stale record loses against a newer row by the event time of the table. Ended on the way, the same command goes on: nothing is lost, and into a table nothing is written twice; ' +
    'topics and APIs are told again under the same id.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--id <id>', 'this one, as the list shows it; the option again for another').argParser(
      several(wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER })),
    ),
    new Option('--all', 'everything the task has in quarantine').conflicts(['id']),
    new Option('--code <code>', 'only with this code: model, syntax, missing, …').conflicts(['id']),
    new Option('--device <device>', 'only of this device, by its physical id').conflicts(['id']),
    new Option('--reason <text>', 'only with this in the reason').conflicts(['id']),
    new Option('--column <name>', 'only refused for this column, or this property of the thing model').conflicts([
      'id',
    ]),
    new Option('--since <time>', 'quarantined from then on: how long ago (10m), or ISO 8601')
      .argParser(moment())
      .conflicts(['id']),
    new Option('--until <time>', 'quarantined before then').argParser(moment()).conflicts(['id']),
    new Option(
      '--overwrite',
      'also where a replayed record may take the place of a newer one: the replayed one counts',
    ),
  ],
  examples: [
    ['causeway task rejected replay ParkingHistory --id 17', 'one'],
    ['causeway task rejected replay ParkingHistory --code model --since 1d', 'what broke the model since yesterday'],
    ['causeway task rejected replay ParkingHistory --all --json', 'everything, for a script'],
  ],
  platform: true,
  async run(call) {
    const { args, options, output, context, platform } = call;
    const [task] = args as [string];
    const { id: ids, all, overwrite, ...filter } = options;
    const request = requestOf(filter);
    if (all !== true && ids === undefined && Object.keys(request).length === 0) {
      throw new UsageError(
        'Say which messages: --all, --id, --code, --device, --reason, --column, --since or --until.',
      );
    }
    const { client } = await platform();
    let interrupted = false;
    const ended = () => interrupted;
    const release = context.onInterrupt(() => {
      interrupted = true;
    });
    let bar: ReturnType<typeof createProgress> | undefined;
    let [written, refused, missing]: [number, ReplayedRejected['refused'], readonly number[]] = [0, [], []];
    try {
      for await (const answer of answers(call, client, { ...request, ...(overwrite && { overwrite }) }, ids)) {
        bar ??= createProgress(
          ...([output, 'replaying', ids?.length ?? answer.matching ?? 0] as const),
          '{value}/{total} replayed, {refused} refused again',
        );
        written += answer.written;
        refused = [...refused, ...answer.refused];
        missing = [...missing, ...answer.missing];
        bar.update(written + refused.length, { refused: refused.length });
        if (ended()) break;
      }
    } finally {
      bar?.stop();
      release();
    }
    output.result({ task, written, refused, missing, ...(ended() && { interrupted: true }) }, () =>
      [
        written === 1 ? '1 message is written.' : `${countText(written)} messages are written.`,
        ...refused.slice(0, SHOWN).map(({ id, code, reason }) => `${id} is refused again (${code}): ${reason}`),
        ...(refused.length > SHOWN
          ? [`… and ${countText(refused.length - SHOWN)} more; task rejected list has them.`]
          : []),
        ...missing.map((id) => `${id} is not in the quarantine of ${task}.`),
        ...(ended() ? ['Ended before its end: run the same command again to go on.'] : []),
      ].join('\n'),
    );

    return refused.length + missing.length > 0 || ended() ? EXIT.failed : EXIT.ok;
  },
});

type Filter = Omit<Options, 'id' | 'all' | 'overwrite'>;

function requestOf({ code, device, reason, column, since, until }: Filter): Readonly<Record<string, unknown>> {
  return {
    ...(code !== undefined && { code }),
    ...(device !== undefined && { device }),
    ...(reason !== undefined && { reason }),
    ...(column !== undefined && { column }),
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}

async function* answers(
  { args, output }: Call<Options>,
  client: ManagementClient,
  request: object,
  ids: readonly number[] | undefined,
): AsyncGenerator<ReplayedRejected> {
  const [task] = args as [string];
  const ask = (more: object) => patiently(output, pause, () => client.replayRejected(task, { ...request, ...more }));
  const parts = ids === undefined ? [{ count: output.live }] : idsInParts(ids);
  for (const part of parts) {
    let place: object | undefined = {};
    while (place !== undefined) {
      const answer: ReplayedRejected = await ask({ ...part, ...place });
      yield answer;
      place = answer.next === undefined ? undefined : { count: false, after: answer.next, through: answer.through };
    }
  }
}

function idsInParts(ids: readonly number[]): readonly { readonly ids: readonly number[] }[] {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  const count = Math.ceil(sorted.length / IDS_AT_ONCE);

  return Array.from({ length: count }, (_, at) => ({ ids: sorted.slice(at * IDS_AT_ONCE, (at + 1) * IDS_AT_ONCE) }));
}
