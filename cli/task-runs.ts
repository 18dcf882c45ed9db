import { Argument, Option } from 'commander';
import { command } from './command.ts';
import type { TaskRun } from './management/runs.ts';
import { bytesText, countText, millisecondsText } from './screen/words.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly limit: number;
  readonly next?: string;
}

export const taskRuns = command<Options>({
  path: 'task runs',
  summary: 'list the runs of a scheduled task, the last first',
  details:
    'What was read is written, unchanged (the target has it already as it is) or rejected ("causeway task rejected list"). Runs are kept for 90 days.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--limit <n>', 'the most runs').argParser(wholeNumber({ min: 1, max: 200 })).default(20),
    new Option('--next <id>', 'go on where the list before ended'),
  ],
  examples: [['causeway task runs Rows', 'how its last runs went']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [task] = args as [string];
    const { client } = await platform();
    const { limit, next: from } = options;
    const { items, next } = await client.runs(task, {
      limit: String(limit),
      ...(from !== undefined && { next: from }),
    });

    output.list(
      items,
      {
        run: (run) => run.id,
        state: (run) => run.state,
        cause: (run) => run.cause,
        started: (run) => run.startedAt,
        took: durationText,
        read: (run) => countText(run.read),
        written: (run) => countText(run.written),
        unchanged: (run) => countText(run.unchanged),
        rejected: (run) => countText(run.rejected),
        bytes: (run) => bytesText(run.bytes),
        attempts: (run) => run.attempts,
        why: (run) => run.error,
      },
      `${task} has not run yet.`,
    );
    if (next !== undefined) {
      output.message(`There are more: --next ${next}`);
    }
    return undefined;
  },
});

function durationText({ startedAt, endedAt }: TaskRun): string | null {
  return endedAt === null ? null : millisecondsText(Date.parse(endedAt) - Date.parse(startedAt));
}
