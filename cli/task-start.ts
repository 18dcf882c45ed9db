import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { eachTask } from './each-task.ts';
import { text } from './settings.ts';

interface Options {
  readonly from?: string;
  readonly force?: boolean;
}

export const taskStart = command<Options>({
  path: 'task start',
  summary: 'start tasks; each goes on where it stopped',
  details:
    'What a task reads and writes is tested first, unless a test of it with its present settings is on record; a task whose test fails is not started. ' +
    'With --from it reads its topic again from that moment, running or not. What is written already stays as it is; an at-least-once task writes it again.',
  options: [
    new Option('--from <time>', 'read again what arrived since, such as 2026-11-24T08:00:00Z').argParser(
      text({ min: 1, max: 40 }),
    ),
    new Option('--force', 'whether its source and target pass their test or not; the log says who did it'),
  ],
  arguments: [new Argument('<tasks...>', 'tasks, by name')],
  examples: [
    ['causeway task start ParkingHistory', 'reads on from its position; nothing was skipped meanwhile'],
    ['causeway task start ParkingHistory ParkingData', 'both'],
    ['causeway task start ParkingHistory --from 2026-11-24T08:00:00Z', 'after the database was restored to that time'],
  ],
  platform: true,
  async run(call) {
    const { client } = await call.platform();
    const { from, force } = call.options;
    const how = { ...(from !== undefined && { from }), ...(force === true && { force }) };

    return eachTask(
      call,
      (task) => client.startTask(task, how),
      (task) => `${task} is started.`,
    );
  },
});
