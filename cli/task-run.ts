import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { eachTask } from './each-task.ts';
import { CommandFailed, UsageError } from './errors.ts';

interface Options {
  readonly tag?: string;
  readonly force?: boolean;
}

export const taskRun = command<Options>({
  path: 'task run',
  summary: 'run scheduled tasks now, once, whether they are started or not',
  details:
    'A run that was left unfinished goes on; else a new one begins. While one is going, the task decides whether this one waits or is left out. ' +
    'What it reads and writes is tested first, unless a test of it with its present settings is on record; where that fails, nothing runs. ' +
    '"causeway task runs" shows what became of it.',
  arguments: [new Argument('[tasks...]', 'tasks, by name')],
  options: [
    new Option('--tag <tag>', 'all scheduled tasks with this tag'),
    new Option('--force', 'whether its source and target pass their test or not; the log says who did it'),
  ],
  examples: [
    ['causeway task run Rows', 'now, in place of waiting for its next time'],
    ['causeway task run --tag nightly', 'every task of that tag'],
  ],
  platform: true,
  async run(call) {
    const { client } = await call.platform();
    const [named] = call.args as unknown as [readonly string[]];
    const { tag, force = false } = call.options;
    if ((named.length === 0) === (tag === undefined)) {
      throw new UsageError('Say which tasks to run: by name, or by --tag.');
    }
    const tagged =
      tag === undefined
        ? []
        : (await client.tasks()).filter((task) => task.mode === 'scheduled' && task.tags?.includes(tag));
    if (tag !== undefined && tagged.length === 0) {
      throw new CommandFailed(`No scheduled task has the tag ${tag}: "causeway task list" shows which there are.`);
    }

    return eachTask(
      { ...call, args: [[...named, ...tagged.map(({ name }) => name)]] as never },
      (task) => client.runTask(task, force ? { force } : {}),
      (task) => `${task} runs. "causeway task runs ${task}" shows how it goes.`,
    );
  },
});
